/** Under it, seen from the site's root, are the folders. */
export const FOLDERS_PATH = 'folders/'
/** UTF-16 units that a folder's name may have. */
export const MAX_NAME_LENGTH = 200

/** A path below {@link FOLDERS_PATH}, taken apart. */
export interface FolderPath {
  /** The folder's name, decoded. */
  name: string
  /** Names below the folder, with slashes between them; empty for the folder itself. None is empty, `.`, `..` or hidden. */
  path: string
  /** It ends in a slash: its `index.html` is meant. */
  directory: boolean
}

/**
 * The name that a folder is served by: well-formed Unicode in its composed form, so that a link finds it however it was typed.
 *
 * Undefined for what no URL can name: nothing, `.`, `..`, a slash or a control character in it, or too long.
 */
export function folderName(name: string): string | undefined {
  const clean = canonical(name.trim())
  return clean.length > MAX_NAME_LENGTH || !isName(clean) ? undefined : clean
}

/** The URL of a folder, for the site whose root is `base`. */
export function folderUrl(name: string, base: string | URL): URL {
  return new URL(`${FOLDERS_PATH}${encodeURIComponent(name)}/`, base)
}

/** Reads a URL below {@link FOLDERS_PATH}; undefined if it names nothing that a folder could hold. */
export function readFolderUrl(url: URL, base: string | URL): FolderPath | undefined {
  const root = new URL(FOLDERS_PATH, base)
  if (url.origin !== root.origin || !url.pathname.startsWith(root.pathname)) return undefined
  const parts = url.pathname.slice(root.pathname.length).split('/').map(decode)
  const directory = parts.at(-1) === ''
  if (directory) parts.pop()
  const [name, ...names] = parts
  if (name === undefined || !isName(name) || !areNames(names)) {
    return undefined
  }
  return { name, path: names.join('/'), directory }
}

/** The path by which a file is kept; undefined for hidden files, and for names that no URL can have. */
export function filePath(path: string): string | undefined {
  const clean = canonical(path)
  return areNames(clean.split('/')) ? clean : undefined
}

/**
 * `.git`, `.env`, `.DS_Store`: nobody means to publish them, and the command does not serve them either. `.well-known`, in the folder
 * itself, is made for others to read (RFC 8615).
 *
 * @param depth directories of the folder that the name lies in
 */
export function isHidden(name: string, depth: number): boolean {
  return name.startsWith('.') && !(depth === 0 && name === '.well-known')
}

function areNames(names: readonly string[]): boolean {
  return names.every((name, depth) => isName(name) && !isHidden(name, depth))
}

// NUL would be cut off by some file systems, and a slash would be a name of its own.
function isName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/\p{Cc}]/u.test(name)
}

// File systems differ in how they write é, and a link may differ from both.
function canonical(text: string): string {
  return text.toWellFormed().normalize('NFC')
}

/** Percent-decodes what can be decoded: in a link to `100%.html` that was written by hand the sign stands for itself. */
function decode(part: string): string {
  const decoded = part.replaceAll(/(?:%[0-9a-f]{2})+/giu, (run) => {
    try {
      return decodeURIComponent(run)
    } catch {
      return run
    }
  })
  return canonical(decoded)
}
