/** A folder of pages that this browser serves under `folders/NAME/`. */
export interface Folder {
  /** The unique name, as in the decoded URL. */
  readonly name: string
  /**
   * `live`: read from disk at each request, so edits show after a reload. `copy`: a copy from when the folder
   * was added, in the browser's storage; for browsers that can't keep a handle of a directory.
   */
  readonly kind: 'live' | 'copy'
  /** The size of a copy; undefined for a live folder. */
  readonly size: FolderSize | undefined
  /** When it was added, in milliseconds since 1970. */
  readonly addedMs: number
  /** Whether the user has allowed the folder's pages to be opened. */
  readonly accepted: boolean
}

/** The size of a folder. */
export interface FolderSize {
  readonly files: number
  readonly bytes: number
}

/** A file to be copied. */
export interface SourceFile {
  /** The path within the folder, such as `css/site.css`. */
  readonly path: string
  readonly file: File
}

/** A folder to be added, from `pickFolder`, `foldersOfDrop` or `folderOfInput`. */
export type FolderSource =
  | { readonly kind: 'live'; readonly name: string; readonly handle: FileSystemDirectoryHandle }
  | { readonly kind: 'copy'; readonly name: string; readonly files: AsyncIterable<SourceFile> }

/** The progress of an addition. Counts only grow; totals are 0 while the files are being listed. */
export interface AddProgress {
  readonly step: 'list' | 'copy' | 'save'
  readonly files: number
  readonly bytes: number
  readonly totalFiles: number
  readonly totalBytes: number
}

/** Why an operation failed. `folderProblemWords` returns a sentence for each. */
export type FolderProblem =
  /** The browser gives this page no storage, as in a private window or by a setting. */
  | { readonly kind: 'storage-forbidden'; readonly why: string }
  /** The browser lacks this kind of storage. */
  | { readonly kind: 'unsupported'; readonly what: string }
  /**
   * Storage is full. The partial copy has been removed. `freeBytes` is undefined if the browser doesn't say.
   */
  | { readonly kind: 'no-space'; readonly neededBytes: number; readonly freeBytes: number | undefined }
  /** A file is gone, has changed, or can't be read. `path` is empty if it isn't known which. */
  | { readonly kind: 'unreadable'; readonly path: string; readonly why: string }
  /** The folder has no files, or only hidden ones. */
  | { readonly kind: 'empty'; readonly name: string }
  | { readonly kind: 'too-many-files'; readonly maxFiles: number }
  /** No URL can contain the name. */
  | { readonly kind: 'bad-name'; readonly name: string }
  | { readonly kind: 'too-many-folders'; readonly maxFolders: number }
  /** The signal was aborted. Nothing was stored. */
  | { readonly kind: 'aborted' }

export type AddOutcome =
  | { readonly kind: 'added'; readonly folder: Folder; readonly replaced: boolean }
  | { readonly kind: 'failed'; readonly problem: FolderProblem }

/**
 * Whether a live folder may be read. `prompt`: the browser must ask the user, which it only does in a click.
 */
export type FolderAccess = 'granted' | 'prompt' | 'denied'

/** What is at a path of a folder. */
export type FindOutcome =
  | { readonly kind: 'file'; readonly content: Blob; readonly modifiedMs: number }
  | { readonly kind: 'directory' }
  | { readonly kind: 'absent' }
  /** The browser reads no file of this name from disk, such as `CON` or `a?b`. A copy can contain it. */
  | { readonly kind: 'forbidden-name' }
  /** The permission for a live folder has lapsed, as happens when the browser is closed. */
  | { readonly kind: 'locked'; readonly access: 'prompt' | 'denied' }
  /** The disk can't be read: the folder was moved, or a drive was removed. */
  | { readonly kind: 'unreadable'; readonly why: string }
