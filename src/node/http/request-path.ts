/** Longest request target in characters, including the query. */
export const MAX_TARGET_CHARACTERS = 4096
/** Most segments of a path. */
export const MAX_PATH_SEGMENTS = 64

/** A parsed and decoded request target, or why it is refused. */
export type RequestPath =
  | {
      kind: 'path'
      /** Decoded names. None is empty, `.` or `..`, or contains a slash. `/a/b` and `/a/b/` both have two. */
      segments: readonly string[]
      /** Whether the path ends in a slash and so means a directory. */
      directory: boolean
      /** The query as it was sent, including the question mark. Empty if there is none. */
      query: string
    }
  | { kind: 'refused'; status: 400 | 404 | 414; why: string }

function refused(status: 400 | 404 | 414, why: string): RequestPath {
  return { kind: 'refused', status, why }
}

/** Characters that no decoded name may contain: path separators of any system, and control characters. */
const FORBIDDEN = /[/\\\p{Cc}]/u

/**
 * Parses the target of an HTTP request: the path and query of its first line.
 *
 * Each path can be written in one way only. Anything that a browser would normalise before sending (dots,
 * double slashes, backslashes, control characters) is refused, so that no two programs can interpret it
 * differently.
 */
export function parseTarget(target: string): RequestPath {
  if (target.length > MAX_TARGET_CHARACTERS) return refused(414, 'the URL is too long')
  // The other forms in RFC 9112 (absolute, authority, asterisk) are meant for proxies.
  if (!target.startsWith('/') || target.includes('#')) return refused(400, 'the URL is invalid')
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
      return refused(400, 'the URL is invalid')
    }
    segments.push(name)
  }
  if (isHiddenPath(segments)) return refused(404, 'not found')
  return { kind: 'path', segments, directory, query }
}

/**
 * Whether a path leads to a hidden file or directory, such as `.git` or `.env`, at any level. `/.well-known/`
 * is public (RFC 8615).
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
