import fresh from 'fresh'
import { lookup } from 'mrmime'
import { DECLARATION_BYTES, declaresEncoding } from '../html/index.ts'
import { readRange } from './byte-range.ts'

/** Texts that a browser would not take for UTF-8 by itself. Scripts and styles follow their page, and XML its declaration. */
const UTF8_TYPES = /^text\/(?!html$|css$|javascript$|xml$)/u

/** A file as it is answered. */
export interface AnsweredFile {
  /** Its name, of which the extension tells the type. */
  name: string
  content: Blob
  modifiedMs: number
}

/**
 * Answers a GET or HEAD for a file, as a static server would: with its type, a validator, and single ranges, which players of
 * video need. The content is streamed, of however many bytes it is.
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
  // A part is of use only to one who has the rest of this very file.
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
  // A name without a known extension says nothing: it is for saving, not for showing.
  const type = lookup(name) ?? 'application/octet-stream'
  if (UTF8_TYPES.test(type)) return `${type}; charset=utf-8`
  if (type !== 'text/html') return type
  const bytes = new Uint8Array(await content.slice(0, DECLARATION_BYTES).arrayBuffer())
  // A page that doesn't say its encoding was served as UTF-8 by the relay of 2020.
  return declaresEncoding(bytes) ? type : `${type}; charset=utf-8`
}
