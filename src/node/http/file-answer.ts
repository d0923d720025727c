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

/** Types that `send` names differently, or sends without the charset that browsers need. */
const TYPES: ReadonlyMap<string, string> = new Map([
  ['.csv', 'text/csv; charset=utf-8'],
  ['.json', 'application/json; charset=utf-8'],
  ['.map', 'application/json; charset=utf-8'],
  ['.md', 'text/markdown; charset=utf-8'],
  ['.txt', 'text/plain; charset=utf-8'],
  ['.webmanifest', 'application/manifest+json'],
  // Without an extension, the type is unknown. The browser should save the file, not show it.
  ['', 'application/octet-stream'],
])
/**
 * Text types that don't get a charset, because scripts and styles take it from their page and XML declares
 * it. The site's own are UTF-8.
 */
const FOLLOWING: ReadonlyMap<string, string> = new Map([
  ['.css', 'text/css'],
  ['.js', 'text/javascript'],
  ['.mjs', 'text/javascript'],
  ['.svg', 'image/svg+xml'],
  ['.xml', 'text/xml'],
  ['.xsl', 'text/xml'],
])
const HTML = /^\.s?html?$/u

/** The encodings of {@link FileLayer.compressed}, best first, with the extensions of such files. */
const ENCODINGS: ReadonlyMap<string, string> = new Map([
  ['br', '.br'],
  ['gzip', '.gz'],
])

/** For files that never change. A year is the customary maximum. */
const FOREVER = 'public, max-age=31536000, immutable'
const ASK_AGAIN = 'no-cache'

/** Answers a GET or HEAD with a file: whole, a range of it, or compressed. */
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
  // `send` can't derive the type from the name of a compressed file.
  const isCompressed = layer.compressed === true && type !== undefined
  const { name, info } = isCompressed ? await formOf(request, response, hit) : hit

  const { range } = request.headers
  // Ranges apply to GET only (RFC 9110).
  if (request.method === 'HEAD') delete request.headers.range
  // `send` refuses a suffix range that is longer than the file. RFC 9110 takes it for the whole file.
  else if (Number(/^\s*bytes\s*=\s*-(?<last>\d+)\s*$/u.exec(range ?? '')?.groups?.['last']) > info.size) {
    request.headers.range = 'bytes=0-'
  }
  sendFile(request, name.split(sep).map(encodeURIComponent).join('/'), {
    root: layer.root,
    // Hidden files were excluded before.
    dotfiles: 'allow',
    index: false,
    cacheControl: false,
  })
    .on('stream', (source: ReadStream) => endTogether(source, response))
    .on('error', (error: { status?: number }) => fail(response, error.status ?? 500))
    .pipe(response)
}

/**
 * Returns the content type that a browser needs to read the file correctly, or undefined if the one of `send`
 * is right.
 */
async function typeOf({ layer, name }: Hit): Promise<string | undefined> {
  const extension = extname(name).toLowerCase()
  const type = HTML.test(extension) ? 'text/html' : FOLLOWING.get(extension)
  if (type === undefined) return TYPES.get(extension)
  if (layer.native && (type !== 'text/html' || (await saysEncoding(join(layer.root, name))))) return type
  // The relay of 2020 served pages without a declared encoding as UTF-8.
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

/**
 * Returns the best compressed variant that the client accepts, or the file itself, and sets the matching
 * headers.
 */
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
    416: 'the range is outside the file',
  }
  say(response, status, words[status] ?? 'the file cannot be read')
}

/**
 * Destroys the connection if the file was shorter than announced, because the client can't tell where the
 * next response starts.
 */
function endTogether(source: ReadStream, response: ServerResponse): void {
  source.once('end', () => {
    if (source.bytesRead !== Number(response.getHeader('content-length'))) response.destroy()
  })
}
