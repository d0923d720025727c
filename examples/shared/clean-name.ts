/** UTF-16 units that a person's name may have. */
export const MAX_NAME_LENGTH = 40
/** UTF-16 units and bytes of UTF-8 that a file's name may have. File systems take 255 of one or the other. */
const MAX_FILE_NAME = { length: 120, bytes: 240 }
/** UTF-16 units of the longest character that is kept whole. A family of four, each with a skin tone, has 19. */
const MAX_CHARACTER_LENGTH = 32
/** What tells a program how to open a file. A longer end is no extension. */
const EXTENSION = /(?:\.tar)?\.[^.\s]{1,16}$/u

const characters = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** As many whole characters of a text as have room, as a person counts them: an emoji of several parts is one. */
function cut(text: string, maxLength: number, maxBytes = Number.POSITIVE_INFINITY): string {
  let end = 0
  let bytes = 0
  // Of what is cut off no more is looked at than the rest of a character that has begun.
  for (const { segment } of characters.segment(text.slice(0, maxLength + MAX_CHARACTER_LENGTH))) {
    bytes += new TextEncoder().encode(segment).byteLength
    if (end + segment.length > maxLength || bytes > maxBytes) break
    end += segment.length
  }
  return text.slice(0, end)
}

/** A person's name as one line, without what turns the direction of the text around it, cut to its bound, and never empty. */
export function cleanName(name: string): string {
  const line = name.replaceAll(/[\p{Cc}\p{Cs}\u2028-\u202E\u2066-\u2069\s]+/gu, ' ').trim()
  return cut(line, MAX_NAME_LENGTH).trimEnd() || 'Somebody'
}

/** A name from somebody else as one that a file may have on every system: `file` if nothing is left of it. A long one keeps its extension. */
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

/** A name for one who has given none. */
export function guestName(): string {
  return `Guest ${Math.floor(100 + Math.random() * 900)}`
}
