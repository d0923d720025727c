/** The path of all folders, relative to the site's root. */
export const FOLDERS_PATH = 'folders/'
/** Longest name of a folder, in UTF-16 units. */
export const MAX_NAME_LENGTH = 200

/** A parsed path below {@link FOLDERS_PATH}. */
export interface FolderPath {
  /** The folder's name, decoded. */
  name: string
  /** Names separated by slashes; empty for the folder itself. No name is empty, `.`, `..` or hidden. */
  path: string
  /** Whether the path ends in a slash and so means its `index.html`. */
  directory: boolean
}

/**
 * Returns the name that a folder is served under: well-formed Unicode in composed form (NFC), so that links
 * find it however they were typed.
 *
 * Returns undefined for a name that no URL can contain: empty, `.`, `..`, too long, or with a slash or a
 * control character.
 */
export function folderName(name: string): string | undefined {
  const clean = canonical(name.trim())
  return clean.length > MAX_NAME_LENGTH || !isName(clean) ? undefined : clean
}

/** Returns the URL of a folder of the site whose root is `base`. */
export function folderUrl(name: string, base: string | URL): URL {
  return new URL(`${FOLDERS_PATH}${encodeURIComponent(name)}/`, base)
}

/** Parses a URL below {@link FOLDERS_PATH}. Returns undefined if no folder can contain what it names. */
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

/**
 * Returns the path under which a file is stored; undefined for hidden files, and names that no URL can
 * contain.
 */
export function filePath(path: string): string | undefined {
  const clean = canonical(path)
  return areNames(clean.split('/')) ? clean : undefined
}

/**
 * Returns whether a file or directory is not served because its name begins with a dot, like `.git` and
 * `.env`. The Node server doesn't serve them either. `.well-known` at the top of a folder is public (RFC
 * 8615).
 *
 * @param depth number of directories between the folder and the name
 */
export function isHidden(name: string, depth: number): boolean {
  return name.startsWith('.') && !(depth === 0 && name === '.well-known')
}

function areNames(names: readonly string[]): boolean {
  return names.every((name, depth) => isName(name) && !isHidden(name, depth))
}

// Some file systems truncate names at NUL, and a slash would separate two names.
function isName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/\p{Cc}]/u.test(name)
}

// File systems differ in how they encode é, and a link may differ from both.
function canonical(text: string): string {
  return text.toWellFormed().normalize('NFC')
}

/**
 * Percent-decodes what is valid. In a handwritten link to `100%.html`, the percent sign stands for itself.
 */
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
