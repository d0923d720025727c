import { formatBytes } from '../platform/format.ts'
import type { FolderProblem } from './folder.ts'

/** A sentence or two for the one who sits before it: what went wrong, and what to do. */
export function folderProblemWords(problem: FolderProblem): string {
  switch (problem.kind) {
    case 'storage-forbidden':
      return 'The browser gives this page no storage, as in a private window: folders cannot be kept here. Everything else works.'
    case 'unsupported':
      return `This browser has no ${problem.what}, so it cannot keep folders. Everything else works.`
    case 'no-space': {
      const { neededBytes, freeBytes = neededBytes } = problem
      // A browser says what it would give an origin, of however full a disk: what is more than enough was not there.
      const free = freeBytes < neededBytes ? `, and ${formatBytes(freeBytes)} are left` : ''
      return `There is not enough storage: the folder needs ${formatBytes(neededBytes)}${free}. What was copied has been removed again.`
    }
    case 'unreadable': {
      const which = problem.path === '' ? 'A file of the folder' : `The file ${problem.path}`
      return `${which} could not be read: it is gone, was changed meanwhile, or may not be read. Nothing was kept.`
    }
    case 'empty':
      return `There are no files in ${problem.name}, or only hidden ones.`
    case 'too-many-files':
      return `There are more than ${problem.maxFiles.toLocaleString('en')} files in the folder. Choose one of the folders in it.`
    case 'bad-name':
      return problem.name.trim() === ''
        ? 'The folder needs a name.'
        : `No address can have the name ${JSON.stringify(problem.name)}: give the folder another one.`
    case 'too-many-folders':
      return `There are ${problem.maxFolders} folders already. Remove one first.`
    case 'aborted':
      return 'Stopped. Nothing was kept.'
    default:
      return problem satisfies never
  }
}
