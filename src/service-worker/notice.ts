import { escapeHtml } from '../platform/escape-html.ts'

/** Words with the name of a folder in them, which a translator must not change. */
export interface WordsWithName {
  before: string
  name: string
  after: string
}

/** The content of a page that the service worker makes. */
export interface Notice {
  status: number
  title: string
  words: string | WordsWithName
}

const POLICY =
  "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/**
 * Makes a small page in place of the requested one. `title` and `words` are escaped, since they may contain
 * foreign texts.
 */
export function noticeAnswer({ status, title, words }: Notice, root: URL): Response {
  const css = new URL('notice.css', root).href
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="libp2p-websocket" content="native">
<title>${escapeHtml(title)}</title>
<link rel="stylesheet" href="${escapeHtml(css)}">
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
<p>${htmlOf(words)}</p>
<p><a href="${escapeHtml(root.href)}">Your peer and its folders</a></p>
</main>
</body>
</html>
`
  return new Response(html, {
    status,
    headers: {
      'cache-control': 'no-store',
      'content-security-policy': POLICY,
      'content-type': 'text/html; charset=utf-8',
      'x-content-type-options': 'nosniff',
    },
  })
}

function htmlOf(words: string | WordsWithName): string {
  if (typeof words === 'string') return escapeHtml(words)
  const { before, name, after } = words
  return `${escapeHtml(before)}<bdi translate="no">${escapeHtml(name)}</bdi>${escapeHtml(after)}`
}
