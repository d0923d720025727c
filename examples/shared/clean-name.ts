/** Longest name of a person, in UTF-16 units. */
export const MAX_NAME_LENGTH = 40
/** Longest file name, in UTF-16 units and in UTF-8 bytes. File systems allow 255 of one or the other. */
const MAX_FILE_NAME = { length: 120, bytes: 240 }
/**
 * UTF-16 units of the longest character that is never split. An emoji of a family of four with skin tones has
 * 19.
 */
const MAX_CHARACTER_LENGTH = 32
/** A file name's extension. A longer suffix doesn't count as one. */
const EXTENSION = /(?:\.tar)?\.[^.\s]{1,16}$/u

const characters = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** Truncates a text without splitting a user-perceived character, such as an emoji of several code points. */
function cut(text: string, maxLength: number, maxBytes = Number.POSITIVE_INFINITY): string {
  let end = 0
  let bytes = 0
  // Bounds the work for a long text: only the last character can extend beyond `maxLength`.
  for (const { segment } of characters.segment(text.slice(0, maxLength + MAX_CHARACTER_LENGTH))) {
    bytes += new TextEncoder().encode(segment).byteLength
    if (end + segment.length > maxLength || bytes > maxBytes) break
    end += segment.length
  }
  return text.slice(0, end)
}

/**
 * Turns a person's name into a single line without bidirectional control characters. Truncates it, and
 * returns “Somebody” if it is empty.
 */
export function cleanName(name: string): string {
  const line = name.replaceAll(/[\p{Cc}\p{Cs}\u2028-\u202E\u2066-\u2069\s]+/gu, ' ').trim()
  return cut(line, MAX_NAME_LENGTH).trimEnd() || 'Somebody'
}

/**
 * Turns a received file name into one that every system allows. Keeps the extension when it truncates the
 * name; returns `file` if nothing is left.
 */
export function cleanFileName(name: string): string {
  const clean = name
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}/\\:*?"<>|]+/gu, '_')
    .replace(/^\.+/u, '')
    .trim()
  const extension = EXTENSION.exec(clean.slice(1))?.[0] ?? ''
  const bytes = new TextEncoder().encode(extension).byteLength
  const stem = clean.slice(0, clean.length - extension.length)
  return (
    cut(stem, MAX_FILE_NAME.length - extension.length, MAX_FILE_NAME.bytes - bytes).trimEnd() + extension ||
    'file'
  )
}

/** Makes up a name for a user who has not entered one. */
export function guestName(): string {
  return `Guest ${Math.floor(100 + Math.random() * 900)}`
}

/** Returns whether a name is made up, and so says nothing about a person. */
export function isGuestName(name: string): boolean {
  return /^Guest \d{3}$/u.test(name)
}
