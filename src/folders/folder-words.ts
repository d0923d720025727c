import { formatBytes } from '../platform/format.ts'
import type { FolderProblem } from './folder.ts'

/** Returns one or two sentences that tell the user what went wrong and what to do. */
export function folderProblemWords(problem: FolderProblem): string {
  switch (problem.kind) {
    case 'storage-forbidden':
      return 'The browser gives this page no storage, as in a private window, so folders can’t be stored here. Everything else works.'
    case 'unsupported':
      return `This browser has no ${problem.what}, so it can’t store folders. Everything else works.`
    case 'no-space': {
      const { neededBytes, freeBytes = neededBytes } = problem
      // Browsers ignore how full the disk is when they estimate free space. An estimate that would be enough
      // is therefore wrong, and isn't shown.
      const free = freeBytes < neededBytes ? `, and ${formatBytes(freeBytes)} are left` : ''
      return `There is not enough storage: the folder needs ${formatBytes(neededBytes)}${free}. The partial copy has been removed.`
    }
    case 'unreadable': {
      const which = problem.path === '' ? 'A file of the folder' : `The file “${problem.path}”`
      return `${which} could not be read: it is gone, has changed, or access is denied. Nothing was stored.`
    }
    case 'empty':
      return `The folder “${problem.name}” has no files, or only hidden ones.`
    case 'too-many-files':
      return `The folder has more than ${problem.maxFiles.toLocaleString('en')} files. Choose one of its subfolders.`
    case 'bad-name':
      return problem.name.trim() === ''
        ? 'The folder needs a name.'
        : `The name “${problem.name}” can’t be part of a URL. Rename the folder.`
    case 'too-many-folders':
      return `There are already ${problem.maxFolders} folders. Remove one first.`
    case 'aborted':
      return 'Stopped. Nothing was stored.'
    default:
      return problem satisfies never
  }
}
