import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * A page like those written for the relay of 2020, with nothing of ours in it; this one has no head, and is
 * in UTF-16. It listens on its protocol and echoes what it receives; if its address names a peer, it connects
 * to that peer. Its title shows its state.
 */
const OLD_PAGE = `<!DOCTYPE html>
<title>no answer</title>
<h1>Ein Gruß</h1>
<pre id=log></pre>
<script>
var query = new URLSearchParams(location.search)
var target = query.get('peer')
var peer = new WebSocket("ws://" + location.host + "/libp2p")
peer.binaryType = 'arraybuffer'
var text = function (bytes) { return new TextDecoder().decode(bytes) }
var bytes = function (words) { return Array.from(new TextEncoder().encode(words)) }
var send = function (message) { peer.send(new Uint8Array(message)) }
var say = function (words) { log.textContent += words + '\\n' }
var protocol = bytes('/x/greeting')
peer.onmessage = function (event) {
  var message = new Uint8Array(event.data)
  var begins = function (opcode) { return message[0] === opcode }
  if (begins(0) && message[1] === 0) send([0])
  if (begins(1)) {
    document.title = 'a peer'
    if (target) send([5, 1, 0, 0, protocol.length].concat(protocol, bytes(target)))
    else send([1, 1].concat(protocol))
  }
  if (begins(7)) send([4].concat(Array.from(message.slice(1, 9)), bytes('Grüße')))
  if (begins(4)) {
    say('heard ' + text(message.slice(9)))
    if (!target) peer.send(message)
  }
  if (begins(8)) say('refused ' + text(message.slice(1)))
  if (begins(10)) say('listening')
}
</script>`

/** Names that some system or program rejects. */
export const HARD_NAMES = ['100%.txt', '50%25.txt', '😀 ☃.txt', 'a..b.txt', 'é.txt']
/**
 * Names that Chromium does not read from any disk, because they are special on some system; in a copy they
 * are ordinary names.
 */
export const FORBIDDEN_NAMES = ['CON', 'q?#&+.txt']

export interface FolderOnDisk {
  /** Its name is `my pages`. */
  directory: string
  remove(): Promise<void>
}

/** A folder of pages as people have them. Each of the difficult and the forbidden names contains itself. */
export async function makeFolder(): Promise<FolderOnDisk> {
  const above = await mkdtemp(join(tmpdir(), 'folder-'))
  const directory = join(above, 'my pages')
  await mkdir(join(directory, '.git'), { recursive: true })
  const page = (name: string, content: string | Buffer): Promise<void> =>
    writeFile(join(directory, name), content)
  await page('index.html', Buffer.from(`\uFEFF${OLD_PAGE}`, 'utf16le'))
  const sees = '<script>document.title = "libp2pWebSocket" in self ? "ours" : "native"</script>'
  await page('latin1.html', Buffer.from(`<meta charset=iso-8859-1><h1>Gru\u00df</h1>${sees}`, 'latin1'))
  await page(
    'head.html',
    `<!doctype html><html lang=de><head><!-- <head> -->${sees}</head><h1>Gruß</h1></html>`,
  )
  await page('native.html', `<meta name="libp2p-websocket" content="native"><h1>Gruß</h1>${sees}`)
  for (const name of [...HARD_NAMES, ...FORBIDDEN_NAMES]) await page(name, name)
  await page('.git/config', 'a secret')
  return { directory, remove: () => rm(above, { recursive: true, force: true }) }
}

/** A file of so many bytes that uses no space on disk: zeros, and these words at its end. */
export async function makeLargeFile(path: string, bytes: number, end: string): Promise<void> {
  const file = await open(path, 'w')
  try {
    await file.truncate(bytes)
    await file.write(end, bytes - Buffer.byteLength(end))
  } finally {
    await file.close()
  }
}
