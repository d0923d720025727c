/** A folder of pages that this browser serves under `folders/NAME/`. */
export interface Folder {
  /** As in its URL, decoded. No two folders have the same. */
  readonly name: string
  /**
   * `live`: read from disk at each request, so an edit is seen with the next reload. `copy`: kept in the browser's storage as
   * it was when it was added, where the browser cannot keep hold of a directory.
   */
  readonly kind: 'live' | 'copy'
  /** Files and bytes of a copy; of a live folder nobody has counted them. */
  readonly size: FolderSize | undefined
  /** When it was added, in milliseconds since 1970. */
  readonly addedMs: number
  /** Somebody has read what its pages may do, and has let them: before that none of them is opened. */
  readonly accepted: boolean
}

/** How large a folder is. */
export interface FolderSize {
  readonly files: number
  readonly bytes: number
}

/** A file that is to be copied. */
export interface SourceFile {
  /** Names from the folder down, with slashes between them: `css/site.css`. */
  readonly path: string
  readonly file: File
}

/** What a folder is made from: see `pickFolder`, `foldersOfDrop` and `folderOfInput`. */
export type FolderSource =
  | { readonly kind: 'live'; readonly name: string; readonly handle: FileSystemDirectoryHandle }
  | { readonly kind: 'copy'; readonly name: string; readonly files: AsyncIterable<SourceFile> }

/** How far an addition is. What is counted only grows; the totals are 0 while the files are being listed. */
export interface AddProgress {
  readonly step: 'list' | 'copy' | 'save'
  readonly files: number
  readonly bytes: number
  readonly totalFiles: number
  readonly totalBytes: number
}

/** Why something could not be done. `folderProblemWords` has a sentence for each. */
export type FolderProblem =
  /** The browser gives this page no storage: a private window, or a setting. */
  | { readonly kind: 'storage-forbidden'; readonly why: string }
  /** It gives storage, but not this kind of it. */
  | { readonly kind: 'unsupported'; readonly what: string }
  /** What was copied so far has been removed again. `freeBytes` is what the browser says is left, if it says so. */
  | { readonly kind: 'no-space'; readonly neededBytes: number; readonly freeBytes: number | undefined }
  /** A file that is gone, was changed meanwhile or may not be read; the path is empty if it is not known which. */
  | { readonly kind: 'unreadable'; readonly path: string; readonly why: string }
  /** There is no file in it, or only hidden ones. */
  | { readonly kind: 'empty'; readonly name: string }
  | { readonly kind: 'too-many-files'; readonly maxFiles: number }
  /** A name that no URL can have. */
  | { readonly kind: 'bad-name'; readonly name: string }
  | { readonly kind: 'too-many-folders'; readonly maxFolders: number }
  /** The signal was aborted: nothing is left of it. */
  | { readonly kind: 'aborted' }

export type AddOutcome =
  | { readonly kind: 'added'; readonly folder: Folder; readonly replaced: boolean }
  | { readonly kind: 'failed'; readonly problem: FolderProblem }

/** May a live folder be read? `prompt`: the browser wants to ask, which it does only after a click. */
export type FolderAccess = 'granted' | 'prompt' | 'denied'

/** What lies at a path of a folder. */
export type FindOutcome =
  | { readonly kind: 'file'; readonly content: Blob; readonly modifiedMs: number }
  | { readonly kind: 'directory' }
  | { readonly kind: 'absent' }
  /** The browser takes no such name from a disk, whether there is a file or not: `CON`, `a?b`. A copy may have it. */
  | { readonly kind: 'forbidden-name' }
  /** A live folder whose permission has lapsed, as it does when the browser is closed. */
  | { readonly kind: 'locked'; readonly access: 'prompt' | 'denied' }
  /** The disk does not give it: the folder was moved away, a stick was pulled out. */
  | { readonly kind: 'unreadable'; readonly why: string }
