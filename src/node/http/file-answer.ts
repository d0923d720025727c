import type { ReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join, sep } from 'node:path'
import Negotiator from 'negotiator'
import sendFile from 'send'
import { DECLARATION_BYTES, declaresEncoding } from '../../html/index.ts'
import { say } from './answers.ts'
import { contentPolicy } from './content-policy.ts'
import type { Hit } from './file-layers.ts'
import { find, orAbsent } from './file-layers.ts'

/** Types that `send` names otherwise, or without the charset that a browser would not guess. */
const TYPES: ReadonlyMap<string, string> = new Map([
  ['.csv', 'text/csv; charset=utf-8'],
  ['.json', 'application/json; charset=utf-8'],
  ['.map', 'application/json; charset=utf-8'],
  ['.md', 'text/markdown; charset=utf-8'],
  ['.txt', 'text/plain; charset=utf-8'],
  ['.webmanifest', 'application/manifest+json'],
  // A name without an extension says nothing: it is for saving, not for showing.
  ['', 'application/octet-stream'],
])
/** Texts whose encoding their author says elsewhere: scripts and styles follow their page, XML says it itself. Ours are in UTF-8. */
const FOLLOWING: ReadonlyMap<string, string> = new Map([
  ['.css', 'text/css'],
  ['.js', 'text/javascript'],
  ['.mjs', 'text/javascript'],
  ['.svg', 'image/svg+xml'],
  ['.xml', 'text/xml'],
  ['.xsl', 'text/xml'],
])
const HTML = /^\.s?html?$/u

/** The encodings of {@link FileLayer.compressed}, the best one first, and how the names of such files end. */
const ENCODINGS: ReadonlyMap<string, string> = new Map([
  ['br', '.br'],
  ['gzip', '.gz'],
])

/** Longest that a file may be kept without asking again; a year, as RFC 9111 caches take for ever. */
const FOREVER = 'public, max-age=31536000, immutable'
const ASK_AGAIN = 'no-cache'
/** Answers a GET or HEAD with a file, or with the part or the form of it that is asked for. */
export async function answerFile(
  request: IncomingMessage,
  response: ServerResponse,
  hit: Hit,
): Promise<void> {
  const { layer } = hit
  const parts = hit.name.split(sep)
  const hashed = layer.hashedDirectory !== undefined && parts[0] === layer.hashedDirectory && parts.length > 1
  response.setHeader('cache-control', hashed ? FOREVER : ASK_AGAIN)
  const policy = layer.native ? undefined : contentPolicy(parts.join('/'))
  if (policy !== undefined) response.setHeader('content-security-policy', policy)
  if (layer.native) response.setHeader('libp2p-websocket', 'native')
  const type = await typeOf(hit)
  if (type !== undefined) response.setHeader('content-type', type)
  // Its type cannot be told from the name of a compressed form.
  const isCompressed = layer.compressed === true && type !== undefined
  const { name, info } = isCompressed ? await formOf(request, response, hit) : hit

  const { range } = request.headers
  // Only GET has ranges.
  if (request.method === 'HEAD') delete request.headers.range
  // `send` refuses the last n bytes of a file that has fewer, which RFC 9110 takes for the whole of it.
  else if (Number(/^\s*bytes\s*=\s*-(?<last>\d+)\s*$/u.exec(range ?? '')?.groups?.['last']) > info.size) {
    request.headers.range = 'bytes=0-'
  }
  sendFile(request, name.split(sep).map(encodeURIComponent).join('/'), {
    root: layer.root,
    // What is hidden was passed over.
    dotfiles: 'allow',
    index: false,
    cacheControl: false,
  })
    .on('stream', (source: ReadStream) => endTogether(source, response))
    .on('error', (error: { status?: number }) => fail(response, error.status ?? 500))
    .pipe(response)
}

/** The type with which a browser reads the file as its author wrote it; undefined where `send` knows it. */
async function typeOf({ layer, name }: Hit): Promise<string | undefined> {
  const extension = extname(name).toLowerCase()
  const type = HTML.test(extension) ? 'text/html' : FOLLOWING.get(extension)
  if (type === undefined) return TYPES.get(extension)
  if (layer.native && (type !== 'text/html' || (await saysEncoding(join(layer.root, name))))) return type
  // A page that doesn't say its encoding was served as UTF-8 by the relay of 2020.
  return `${type}; charset=utf-8`
}

async function saysEncoding(path: string): Promise<boolean> {
  const file = await orAbsent(open(path))
  if (file === undefined) return false
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(DECLARATION_BYTES), position: 0 })
    return declaresEncoding(buffer.subarray(0, bytesRead))
  } finally {
    await file.close()
  }
}

/** The best form of the file that the client accepts, with the headers that say so. */
async function formOf(request: IncomingMessage, response: ServerResponse, hit: Hit): Promise<Hit> {
  const forms = new Map<string, Hit>()
  for (const [encoding, ending] of ENCODINGS) {
    const form = await find(hit.layer, `${hit.name}${ending}`.split(sep))
    if (form?.info.isFile()) forms.set(encoding, { layer: hit.layer, ...form })
  }
  if (forms.size === 0) return hit
  response.setHeader('vary', 'accept-encoding')
  const accepted = new Negotiator(request).encodings([...forms.keys()])
  for (const [encoding, form] of forms) {
    if (!accepted.includes(encoding)) continue
    response.setHeader('content-encoding', encoding)
    return form
  }
  return hit
}

function fail(response: ServerResponse, status: number): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  for (const name of ['content-encoding', 'etag', 'last-modified', 'cache-control']) {
    response.removeHeader(name)
  }
  const words: Record<number, string> = {
    404: 'not found',
    412: 'the file has changed',
    416: 'the file has no such range',
  }
  say(response, status, words[status] ?? 'the file cannot be read')
}

/** Ends the connection where a file ended early: nobody on it knows any more where the next answer starts. */
function endTogether(source: ReadStream, response: ServerResponse): void {
  source.once('end', () => {
    if (source.bytesRead !== Number(response.getHeader('content-length'))) response.destroy()
  })
}
