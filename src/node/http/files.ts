import type { IncomingMessage, ServerResponse } from 'node:http'
import { answerFile } from './file-answer.ts'
import type { FileLayer, FilePath, OpenLayer } from './file-layers.ts'
import { findFirst, openLayer } from './file-layers.ts'

export type { FileLayer, FilePath } from './file-layers.ts'

/** Serves the files of several directories. The first directory that has a file takes precedence. */
export interface Files {
  /**
   * Answers a GET or HEAD for a path, if there is a file.
   *
   * @param path as `parseTarget` returns it. If it ends in a slash, the directory's `index.html` is served; a
   * directory without the slash is redirected.
   * @returns false, without answering, if there is no file
   */
  serve(request: IncomingMessage, response: ServerResponse, path: FilePath): Promise<boolean>
}

/**
 * Opens the directories.
 *
 * @throws CommandError `failed`, with a message that names the directory, if one is missing or not a
 * directory
 */
export async function openFiles(layers: readonly FileLayer[]): Promise<Files> {
  const opened = await Promise.all(layers.map(openLayer))
  return {
    async serve(request, response, path) {
      const hit = await findFirst(opened, path)
      if (hit === undefined) {
        const moved = path.directory ? undefined : newPlaceOf(opened, path.segments.join('/'))
        if (moved === undefined) return false
        redirect(response, path, moved)
      } else if (hit === 'directory') {
        redirect(response, path, `${path.segments.at(-1) ?? ''}/`)
      } else {
        await answerFile(request, response, hit)
      }
      return true
    },
  }
}

function newPlaceOf(layers: readonly OpenLayer[], path: string): string | undefined {
  const layer = layers.find(({ moved }) => moved !== undefined && Object.hasOwn(moved, path))
  return layer?.moved?.[path]
}

/** Redirects to a relative URL, because a proxy in front may serve this server at another path. */
function redirect(response: ServerResponse, { query }: FilePath, place: string): void {
  // Without the dot, a colon in the name would end a scheme.
  const location = `./${place.split('/').map(encodeURIComponent).join('/')}${query}`
  response.writeHead(308, { location, 'content-length': 0 }).end()
}
