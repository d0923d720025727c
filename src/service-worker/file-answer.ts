import fresh from 'fresh'
import { lookup } from 'mrmime'
import { DECLARATION_BYTES, declaresEncoding } from '../html/index.ts'
import { readRange } from './byte-range.ts'

/**
 * Text types that need an explicit UTF-8 charset. Scripts and styles inherit their page's encoding; XML
 * declares its own.
 */
const UTF8_TYPES = /^text\/(?!html$|css$|javascript$|xml$)/u

/** A file to answer with. */
export interface AnsweredFile {
  /** The file name, whose extension determines the type. */
  name: string
  content: Blob
  modifiedMs: number
}

/**
 * Answers a GET or HEAD for a file like a static server: with its type, validators, and single ranges, which
 * video players need. The content is streamed.
 */
export async function fileAnswer({ method, headers: asked }: Request, file: AnsweredFile): Promise<Response> {
  const { content, modifiedMs } = file
  const modified = new Date(modifiedMs).toUTCString()
  const etag = `"${content.size.toString(36)}-${modifiedMs.toString(36)}"`
  const headers = new Headers({
    'accept-ranges': 'bytes',
    // A live file may change at any time.
    'cache-control': 'no-cache',
    'content-type': await typeOf(file),
    etag,
    'last-modified': modified,
  })
  if (fresh(Object.fromEntries(asked), Object.fromEntries(headers))) {
    return new Response(null, { status: 304, headers })
  }
  // If-Range: a part is only useful to a client that has the rest of this exact version.
  const condition = asked.get('if-range')
  const mayBePart = condition === null || condition === etag || condition === modified
  const range = mayBePart && method === 'GET' ? readRange(asked.get('range'), content.size) : 'whole'
  if (range === 'unsatisfiable') {
    headers.set('content-range', `bytes */${content.size}`)
    return new Response(null, { status: 416, headers })
  }
  if (range === 'whole') {
    headers.set('content-length', String(content.size))
    return new Response(method === 'HEAD' ? null : content, { headers })
  }
  headers.set('content-length', String(range.end - range.start))
  headers.set('content-range', `bytes ${range.start}-${range.end - 1}/${content.size}`)
  return new Response(content.slice(range.start, range.end), { status: 206, headers })
}

async function typeOf({ name, content }: AnsweredFile): Promise<string> {
  // A file of unknown type is downloaded rather than displayed.
  const type = lookup(name) ?? 'application/octet-stream'
  if (UTF8_TYPES.test(type)) return `${type}; charset=utf-8`
  if (type !== 'text/html') return type
  const bytes = new Uint8Array(await content.slice(0, DECLARATION_BYTES).arrayBuffer())
  // The relay of 2020 served pages without a declared encoding as UTF-8.
  return declaresEncoding(bytes) ? type : `${type}; charset=utf-8`
}
