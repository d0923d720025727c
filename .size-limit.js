import { readFileSync } from 'node:fs'

/** What a browser loads of the site before anything is clicked: the page, and all scripts and styles that it names. */
function firstLoad() {
  const page = readFileSync('dist/site/index.html', 'utf8')
  const named = [...page.matchAll(/(?:src|href)="\.\/([^"]+\.(?:js|css))"/g)].map(
    ([, file]) => `dist/site/${file}`,
  )
  return ['dist/site/index.html', ...named]
}

/** What every SharedWorker loads: the script, the peer, and the modules that it imports at once; not its chunks for some networks. */
function workerLoad() {
  const directory = 'dist/site/relay-worker'
  const main = readFileSync(`${directory}/main.js`, 'utf8')
  const imported = [...main.matchAll(/from ?"\.\/([^"]+)"/g)].map(([, file]) => `${directory}/${file}`)
  return ['dist/site/relay-worker.js', `${directory}/main.js`, ...imported]
}

// A kB is 1,000 bytes, with gzip at its best.
export default [
  { name: 'the script of every page', path: 'dist/site/libp2p-websocket.js', limit: '10 kB', gzip: true },
  { name: 'the site’s first load', path: firstLoad(), limit: '60 kB', gzip: true },
  { name: 'the SharedWorker', path: workerLoad(), limit: '260 kB', gzip: true },
  { name: 'the service worker', path: 'dist/site/sw.js', limit: '60 kB', gzip: true },
]
