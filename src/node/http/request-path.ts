/** Characters that a request's target may have, its query included. */
export const MAX_TARGET_CHARACTERS = 4096
/** Segments that a path may have. */
export const MAX_PATH_SEGMENTS = 64

/** A request's target, taken apart and decoded, or why it is refused. */
export type RequestPath =
  | {
      kind: 'path'
      /** Decoded names, none of them empty, `.` or `..`, none with a slash in it: `/a/b` and `/a/b/` give two. */
      segments: readonly string[]
      /** It ends in a slash: a directory is meant. */
      directory: boolean
      /** From the question mark on, as sent; empty without one. */
      query: string
    }
  | { kind: 'refused'; status: 400 | 404 | 414; why: string }

function refused(status: 400 | 404 | 414, why: string): RequestPath {
  return { kind: 'refused', status, why }
}

/** What no name of a file may hold once it is decoded: separators of any system, and control characters. */
const FORBIDDEN = /[/\\\p{Cc}]/u

/**
 * Reads the target of an HTTP request, which is the path and query as they stood in its first line.
 *
 * There is one way to write each path: what a browser would have changed before sending it (dots, double or backward
 * slashes, control characters) is refused rather than understood, so that no two readers can understand it differently.
 */
export function parseTarget(target: string): RequestPath {
  if (target.length > MAX_TARGET_CHARACTERS) return refused(414, 'the URL is too long')
  // The other forms of RFC 9112 (absolute, authority, asterisk) are for proxies.
  if (!target.startsWith('/') || target.includes('#')) return refused(400, 'the URL cannot be read')
  const mark = target.indexOf('?')
  const path = mark === -1 ? target : target.slice(0, mark)
  const query = mark === -1 ? '' : target.slice(mark)

  const parts = path.slice(1).split('/')
  const directory = parts.at(-1) === ''
  if (directory) parts.pop()
  if (parts.length > MAX_PATH_SEGMENTS) return refused(404, 'not found')

  const segments: string[] = []
  for (const part of parts) {
    const name = decode(part)
    if (name === undefined || name === '' || name === '.' || name === '..' || FORBIDDEN.test(name)) {
      return refused(400, 'the URL cannot be read')
    }
    segments.push(name)
  }
  if (isHiddenPath(segments)) return refused(404, 'not found')
  return { kind: 'path', segments, directory, query }
}

/**
 * Whether a path leads to what is nobody's business: `.git`, `.env`, whatever directory they lie in. `/.well-known/` is made for
 * others to read (RFC 8615).
 */
export function isHiddenPath(names: readonly string[]): boolean {
  return names.some((name, index) => name.startsWith('.') && !(index === 0 && name === '.well-known'))
}

function decode(part: string): string | undefined {
  if (!part.includes('%')) return part
  try {
    return decodeURIComponent(part)
  } catch (error) {
    if (error instanceof URIError) return undefined
    throw error
  }
}
