import type { IncomingMessage, ServerResponse } from 'node:http'
import { answerFile } from './file-answer.ts'
import type { FileLayer, FilePath, OpenLayer } from './file-layers.ts'
import { findFirst, openLayer } from './file-layers.ts'

export type { FileLayer, FilePath } from './file-layers.ts'

/** Files of several directories, laid over one another: the first one that has a file serves it. */
export interface Files {
  /**
   * Answers a GET or HEAD for a path, if there is a file.
   *
   * @param segments the names of the path, as `parseTarget` gives them: no dots, no separators
   * @param path.directory the path ended in a slash: its `index.html` is served. Without the slash it is redirected there.
   * @returns false if there is none: nothing has been answered
   */
  serve(request: IncomingMessage, response: ServerResponse, path: FilePath): Promise<boolean>
}

/**
 * Finds the directories.
 *
 * @throws CommandError `failed`: one that is missing, or is no directory; its line names it
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

/** Leads to a place beside the one that was asked for: a proxy in front may have another path for both. */
function redirect(response: ServerResponse, { query }: FilePath, place: string): void {
  // The dot keeps a colon in it from being read as the end of a scheme.
  const location = `./${place.split('/').map(encodeURIComponent).join('/')}${query}`
  response.writeHead(308, { location, 'content-length': 0 }).end()
}
