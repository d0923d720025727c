import type { FindOutcome, FolderPath, FolderStore } from '../folders/index.ts'
import {
  FOLDERS_PATH,
  folderProblem,
  folderProblemWords,
  folderUrl,
  readFolderUrl,
} from '../folders/index.ts'
import { fileAnswer } from './file-answer.ts'
import type { Notice } from './notice.ts'
import { noticeAnswer } from './notice.ts'

/** The page that asks the user before a folder is first opened, and when its permission has lapsed. */
export const GATE_PAGE = 'folder.html'
const INDEX = 'index.html'

/** Returns whether a URL is at or below the path of the folders. */
export function isFolderUrl(url: URL, root: URL): boolean {
  return url.origin === root.origin && url.pathname.startsWith(new URL(FOLDERS_PATH, root).pathname)
}

/**
 * Answers a GET or HEAD for a file of a folder.
 *
 * @param root the site's root
 */
export async function folderAnswer(request: Request, store: FolderStore, root: URL): Promise<Response> {
  const url = new URL(request.url)
  if (url.pathname === new URL(FOLDERS_PATH, root).pathname) return Response.redirect(root.href)
  const asked = readFolderUrl(url, root)
  if (asked === undefined) {
    return noticeAnswer(
      { status: 404, title: 'Not found', words: 'No folder can contain a file of this name.' },
      root,
    )
  }
  try {
    return await answerPath(request, asked, store, root)
  } catch (error) {
    const words = folderProblemWords(await folderProblem(error))
    return noticeAnswer({ status: 503, title: 'The folders can’t be read', words }, root)
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
    const words = {
      before: 'This browser has no folder named ',
      name,
      after: '. Folders exist only in the browser they were added to. It may have been removed.',
    }
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
  return noticeAnswer(missing(found, name), root)
}

/**
 * Answers a request by a folder's page for an absolute path with the folder's file, because many tools build
 * pages that expect to be at the root of their origin. Resolves to undefined if the folder has no such file
 * or can't be read.
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

function missing(found: Exclude<FindOutcome, { kind: 'file' }>, name: string): Notice {
  switch (found.kind) {
    case 'locked':
      return {
        status: 403,
        title: 'This folder can’t be read',
        words: {
          before: 'The permission to read the folder ',
          name,
          after: ' has lapsed. Open one of its pages to grant it again.',
        },
      }
    case 'unreadable':
      return {
        status: 503,
        title: 'This file can’t be read',
        words: {
          before: 'The file in the folder ',
          name,
          after: ` can’t be read from disk: ${found.why}`,
        },
      }
    case 'forbidden-name':
      return {
        status: 404,
        title: 'This file can’t be read',
        words: {
          before: 'The browser can’t read a file of this name from disk. If it exists in the folder ',
          name,
          after: ', add the folder as a copy instead.',
        },
      }
    case 'absent':
    case 'directory':
      return {
        status: 404,
        title: 'No such file',
        words: {
          before: 'The folder ',
          name,
          after: ' has no such file. An address that ends in a slash means its index.html.',
        },
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
