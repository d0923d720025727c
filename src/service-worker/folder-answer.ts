import type { FindOutcome, FolderPath, FolderStore } from '../folders/index.ts'
import {
  FOLDERS_PATH,
  folderProblem,
  folderProblemWords,
  folderUrl,
  readFolderUrl,
} from '../folders/index.ts'
import { fileAnswer } from './file-answer.ts'
import { noticeAnswer } from './notice.ts'

/** The page that asks before a folder is opened, and lets its permission be given again. */
export const GATE_PAGE = 'folder.html'
const INDEX = 'index.html'

/** Whether a URL is one of the folders'. */
export function isFolderUrl(url: URL, root: URL): boolean {
  return url.origin === root.origin && url.pathname.startsWith(new URL(FOLDERS_PATH, root).pathname)
}

/**
 * Answers a GET or HEAD for a file of a folder.
 *
 * @param root where the site is
 */
export async function folderAnswer(request: Request, store: FolderStore, root: URL): Promise<Response> {
  const url = new URL(request.url)
  if (url.pathname === new URL(FOLDERS_PATH, root).pathname) return Response.redirect(root.href)
  const asked = readFolderUrl(url, root)
  if (asked === undefined) {
    return noticeAnswer(
      { status: 404, title: 'Not found', words: 'No folder has a file of this name.' },
      root,
    )
  }
  try {
    return await answerPath(request, asked, store, root)
  } catch (error) {
    const words = folderProblemWords(await folderProblem(error))
    return noticeAnswer({ status: 503, title: 'The folders cannot be read', words }, root)
  }
}

async function answerPath(
  request: Request,
  { name, path, directory }: FolderPath,
  store: FolderStore,
  root: URL,
): Promise<Response> {
  const url = new URL(request.url)
  const isPage = request.mode === 'navigate'
  const folder = await store.get(name)
  if (folder === undefined) {
    const words = `There is no folder of the name ${name} in this browser. Folders are kept in the browser they were given to; perhaps it was removed.`
    return noticeAnswer({ status: 404, title: 'No such folder', words }, root)
  }
  if (isPage && !folder.accepted) return gate(url, root)
  if (path === '' && !directory) return withSlash(url)
  const found = await store.find(name, directory ? inDirectory(path, INDEX) : path)
  if (found.kind === 'directory' && !directory) return withSlash(url)
  if (found.kind === 'file') {
    const last = directory ? INDEX : path.slice(path.lastIndexOf('/') + 1)
    return await fileAnswer(request, { name: last, ...found })
  }
  if (found.kind === 'locked' && isPage) return gate(url, root)
  return noticeAnswer({ ...missing(found), title: `Not in the folder ${name}` }, root)
}

/**
 * The file of a folder that one of its pages asks for by an absolute path: tools build pages that take themselves to be in the root
 * of their origin. Undefined if the folder has no such file, or cannot be read.
 */
export async function absoluteAnswer(
  request: Request,
  folder: string,
  store: FolderStore,
  root: URL,
): Promise<Response | undefined> {
  const { pathname } = new URL(request.url)
  const asked = readFolderUrl(new URL(pathname.slice(1), folderUrl(folder, root)), root)
  if (asked?.name !== folder || asked.directory) return undefined
  const found = await store.find(folder, asked.path)
  if (found.kind !== 'file') return undefined
  return await fileAnswer(request, { name: asked.path.slice(asked.path.lastIndexOf('/') + 1), ...found })
}

function missing(found: Exclude<FindOutcome, { kind: 'file' }>): { status: number; words: string } {
  switch (found.kind) {
    case 'locked':
      return {
        status: 403,
        words: 'The permission to read this folder has lapsed. Open one of its pages to give it again.',
      }
    case 'unreadable':
      return { status: 503, words: `The disk does not give this file: ${found.why}` }
    case 'forbidden-name':
      return {
        status: 404,
        words:
          'The browser reads no file of this name from disk. If there is one, copy the folder instead: in a copy it has its place.',
      }
    case 'absent':
    case 'directory':
      return {
        status: 404,
        words: 'There is no such file. For an address that ends in a slash it would be index.html.',
      }
    default:
      return found satisfies never
  }
}

function gate(url: URL, root: URL): Response {
  const page = new URL(GATE_PAGE, root)
  page.searchParams.set('open', url.href.slice(root.href.length).replace(/#.*$/su, ''))
  return Response.redirect(page.href)
}

function withSlash(url: URL): Response {
  const target = new URL(url)
  target.pathname += '/'
  return Response.redirect(target.href, 308)
}

function inDirectory(path: string, name: string): string {
  return path === '' ? name : `${path}/${name}`
}
