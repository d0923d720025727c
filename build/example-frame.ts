import type { Plugin } from 'vite'

/** The examples, in the order of their navigation. `bare` belongs to `hello`. */
const EXAMPLES = [
  { name: 'hello', title: 'Hello' },
  { name: 'chat', title: 'Chat' },
  { name: 'files', title: 'Send a file' },
  { name: 'board', title: 'Drawing board' },
  { name: 'notes', title: 'Notes' },
] as const

/** Stands in a page where the live map belongs. */
const MAP_PLACE = '<!-- live map -->'

/**
 * Puts into each example what all of them have: tags for previews and colours, styles, the header with the
 * navigation, the live map and the footer. All of it is in the page before any script runs, so nothing moves
 * when the scripts have loaded.
 */
export const exampleFrame: Plugin = {
  name: 'example-frame',
  transformIndexHtml: {
    // Before Vite reads which files the page needs.
    order: 'pre',
    handler(page, { path }) {
      const own = /^\/examples\/(\w+\.html)$/u.exec(path)?.[1]
      return own === undefined ? page : framedExample(page, own)
    },
  },
}

/**
 * Returns a page with the frame in it.
 *
 * @param file the page's name, such as `chat.html`
 */
export function framedExample(page: string, file: string): string {
  const own = file === 'bare.html' ? 'hello' : file.slice(0, -'.html'.length)
  const title = contentOf(page, /<title>(.*) · libp2p-websocket<\/title>/u)
  const description = contentOf(page, /<meta\s+name="description"\s+content="([^"]*)"/u)
  const head = `
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <meta name="theme-color" content="#f6f5f1" media="(prefers-color-scheme: light)" />
    <meta name="theme-color" content="#16181b" media="(prefers-color-scheme: dark)" />
    <meta property="og:type" content="website" />
    <meta property="og:title" content="${title} · libp2p-websocket" />
    <meta property="og:description" content="${description}" />
    <meta property="og:image" content="/screenshots/${own}.webp" />
    <meta name="twitter:card" content="summary" />
    <link rel="icon" href="/icon.svg" />
    <link rel="apple-touch-icon" href="/apple-touch-icon.png" />
    <link rel="stylesheet" href="../src/site/site.css" />
    <link rel="stylesheet" href="../src/site/bar.css" />
    <link rel="stylesheet" href="../src/site/map/live-map.css" />
    <link rel="stylesheet" href="./shared/shared.css" />`
  const items = EXAMPLES.map(({ name, title }) => {
    const current = name === own ? ' aria-current="page"' : ''
    return `<a href="./${name}.html"${current}>${title}</a>`
  })
  const header = `
    <a class="skip" href="#main">Skip to the content</a>
    <header class="bar">
      <a class="brand" href="../">
        <img src="/icon.svg" width="26" height="26" alt="" />
        <span translate="no">libp2p-websocket</span>
      </a>
      <nav aria-label="Examples">${items.join('\n')}</nav>
    </header>`
  const footer = `
    <footer class="page">
      <a href="../">About this site</a> <a href="../#/peer" target="_blank">Your peer</a>
      <a href="https://github.com/OWNER/libp2p-websocket/tree/main/examples">Source of the examples</a>
    </footer>
    <script type="module" src="./shared/frame.ts"></script>`
  return page
    .replace('</title>', () => `</title>${head}`)
    .replace('<body>', () => `<body class="example">${header}`)
    .replace(MAP_PLACE, () => MAP)
    .replace('</main>', () => `</main>${footer}`)
}

/** The map as `liveMapView` draws it while nothing is known. */
const MAP = `
  <section class="live" aria-label="Your connections">
    <div id="map">
      <svg class="live-map" translate="no" aria-hidden="true" width="100%" height="104">
        <circle cx="50%" cy="34" r="9" class="node off" />
        <text x="50%" y="12" text-anchor="middle" class="name">Circuit relay</text>
        <circle cx="18%" cy="64" r="9" class="node off" />
        <text x="18%" y="94" text-anchor="middle" class="name">This tab</text>
        <circle cx="82%" cy="64" r="9" class="node off" />
        <text x="82%" y="94" text-anchor="middle" class="name">Other browser</text>
      </svg>
    </div>
    <p id="map-said" class="quiet"></p>
  </section>`

function contentOf(page: string, pattern: RegExp): string {
  const content = pattern.exec(page)?.[1]
  if (content === undefined) throw new Error(`an example has nothing that matches ${pattern}`)
  return content
}
