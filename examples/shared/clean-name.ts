/** UTF-16 units that a person's name may have, and a file's. */
export const MAX_NAME_LENGTH = 40
const MAX_FILE_NAME_LENGTH = 120

/** A person's name as one line, without what turns the direction of the text around it, cut to its bound, and never empty. */
export function cleanName(name: string): string {
  const line = name.replaceAll(/[\p{Cc}\u2028-\u202E\u2066-\u2069\s]+/gu, ' ').trim()
  return line.slice(0, MAX_NAME_LENGTH).replace(/[\uD800-\uDBFF]$|\s+$/, '') || 'Somebody'
}

/** A name from somebody else as one that a file may have on every system: `file` if nothing is left of it. */
export function cleanFileName(name: string): string {
  const clean = name
    .replaceAll(/[\p{Cc}\p{Cf}/\\:*?"<>|]+/gu, '_')
    .replace(/^\.+/u, '')
    .slice(0, MAX_FILE_NAME_LENGTH)
    .trim()
  return clean === '' ? 'file' : clean
}

/** A name for one who has given none. */
export function guestName(): string {
  return `Guest ${Math.floor(100 + Math.random() * 900)}`
}
