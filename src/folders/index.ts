export { DATABASE_NAME } from './folder-database.ts'
export { FOLDERS_PATH, folderName, folderUrl, readFolderUrl } from './folder-path.ts'
export type { FolderPath } from './folder-path.ts'
export { canPickFolder, folderOfInput, foldersOfDrop, pickFolder } from './folder-source.ts'
export type { DroppedFolders } from './folder-source.ts'
export { folderProblem, freeStorage } from './folder-problem.ts'
export { DEFAULT_MAX_FILES, DEFAULT_MAX_FOLDERS, FolderStore } from './folder-store.ts'
export type { AddOptions, FolderStoreInit } from './folder-store.ts'
export { folderProblemWords } from './folder-words.ts'
export type {
  AddOutcome,
  AddProgress,
  FindOutcome,
  Folder,
  FolderAccess,
  FolderProblem,
  FolderSize,
  FolderSource,
  SourceFile,
} from './folder.ts'
