import type { Stats } from 'node:fs'
import { constants, ReadStream } from 'node:fs'
import { access, realpath, stat } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, isAbsolute, join, relative, sep } from 'node:path'
import sirv from 'sirv'
import { singleRange } from './byte-range.ts'
import { contentPolicy } from './content-policy.ts'
import { CommandError } from './command-error.ts'

/** One directory whose files are served from `/`. */
export interface FileLayer {
  directory: string
  /** The user's own: its answers say so in the header `libp2p-websocket: native`. */
  native: boolean
  /** A directory in it whose files carry a hash of their content in their names, and may be kept for ever. */
  hashedDirectory?: string
}

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

export interface FilePath {
  segments: readonly string[]
  directory: boolean
  query: string
}

/** A layer whose directory has been found. */
interface OpenLayer extends FileLayer {
  /** Its real path, without symbolic links. */
  root: string
  send: ReturnType<typeof sirv>
}

interface Hit {
  layer: OpenLayer
  /** Names below the root, without symbolic links. */
  name: string
  info: Stats
}

/** Texts that a browser would not take for UTF-8 by itself. */
const UTF8_TYPES: ReadonlyMap<string, string> = new Map([
  ['.css', 'text/css; charset=utf-8'],
  ['.csv', 'text/csv; charset=utf-8'],
  ['.htm', 'text/html; charset=utf-8'],
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.json', 'application/json; charset=utf-8'],
  ['.map', 'application/json; charset=utf-8'],
  ['.md', 'text/markdown; charset=utf-8'],
  ['.mjs', 'text/javascript; charset=utf-8'],
  ['.svg', 'image/svg+xml; charset=utf-8'],
  ['.txt', 'text/plain; charset=utf-8'],
  ['.xml', 'text/xml; charset=utf-8'],
  // A name without an extension says nothing: it is for saving, not for showing.
  ['', 'application/octet-stream'],
])

/** Longest that a file may be kept without asking again; a year, as RFC 9111 caches take for ever. */
const FOREVER = 'public, max-age=31536000, immutable'
const ASK_AGAIN = 'no-cache'
/** What the file system says of a name that is not there, or not to be had. */
const ABSENT: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'EACCES', 'EPERM'])

/**
 * Finds the directories.
 *
 * @throws CommandError `failed`: one that is missing, or is no directory; its line names it
 */
export async function openFiles(layers: readonly FileLayer[]): Promise<Files> {
  const open = await Promise.all(layers.map(openLayer))
  return {
    async serve(request, response, path) {
      const hit = await findFirst(open, path)
      if (hit === undefined) return false
      if (hit === 'directory') redirect(response, path)
      else send(request, response, hit)
      return true
    },
  }
}

async function openLayer(layer: FileLayer): Promise<OpenLayer> {
  const root = await orAbsent(realpath(layer.directory))
  if (root === undefined || !(await stat(root)).isDirectory()) {
    throw new CommandError('failed', `no such directory: ${layer.directory}`)
  }
  // Only files that were found here are asked of it, by their names without symbolic links.
  return { ...layer, root, send: sirv(root, { dev: true, etag: true, extensions: [] }) }
}

async function findFirst(
  layers: readonly OpenLayer[],
  path: FilePath,
): Promise<Hit | 'directory' | undefined> {
  for (const layer of layers) {
    const file = await find(layer, path.directory ? [...path.segments, 'index.html'] : path.segments)
    if (file?.info.isFile()) return { layer, ...file }
    if (!path.directory && file?.info.isDirectory()) {
      const index = await find(layer, [...path.segments, 'index.html'])
      if (index?.info.isFile()) return 'directory'
    }
  }
  return undefined
}

/** A readable file or directory of a layer that lies in it by its real path too, and is not hidden there. */
async function find(layer: OpenLayer, segments: readonly string[]): Promise<Omit<Hit, 'layer'> | undefined> {
  const path = await orAbsent(realpath(join(layer.root, ...segments)))
  if (path === undefined) return undefined
  const name = relative(layer.root, path)
  // A hidden name covers `..` too, which is how a path outside begins.
  if (isAbsolute(name) || name.split(sep).some((part) => part.startsWith('.'))) return undefined
  // sirv reads a URL, in which these end the path.
  if (/[?#]/u.test(name)) return undefined
  if ((await orAbsent(access(path, constants.R_OK).then(() => true))) === undefined) return undefined
  const info = await orAbsent(stat(path))
  return info === undefined ? undefined : { name, info }
}

async function orAbsent<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found
  } catch (error) {
    if (error instanceof Error && 'code' in error && ABSENT.has(String(error.code))) return undefined
    throw error
  }
}

function redirect(response: ServerResponse, { segments, query }: FilePath): void {
  const location = `/${segments.map(encodeURIComponent).join('/')}/${query}`
  response.writeHead(308, { location, 'content-length': 0 }).end()
}

function send(request: IncomingMessage, response: ServerResponse, { layer, name, info }: Hit): void {
  const parts = name.split(sep)
  const hashed = layer.hashedDirectory !== undefined && parts[0] === layer.hashedDirectory && parts.length > 1
  response.setHeader('cache-control', hashed ? FOREVER : ASK_AGAIN)
  response.setHeader('accept-ranges', 'bytes')
  const policy = layer.native ? undefined : contentPolicy(parts.join('/'))
  if (policy !== undefined) response.setHeader('content-security-policy', policy)
  if (layer.native) response.setHeader('libp2p-websocket', 'native')
  const type = UTF8_TYPES.get(extname(name).toLowerCase())
  if (type !== undefined) response.setHeader('content-type', type)

  // sirv trusts Range, and does not know If-Range.
  const { range } = request.headers
  const asked =
    range === undefined || request.method === 'HEAD' || request.headers['if-range'] !== undefined
      ? undefined
      : singleRange(range, info.size)
  if (asked === undefined) delete request.headers.range
  else request.headers.range = asked

  response.once('pipe', (source: unknown) => {
    if (source instanceof ReadStream) watch(source, request, response)
  })
  request.url = `/${parts.map(encodeURI).join('/')}`
  layer.send(request, response)
}

/** Ends the file's stream with the answer, and the answer with the stream, which `pipe` leaves undone. */
function watch(source: ReadStream, request: IncomingMessage, response: ServerResponse): void {
  if (request.method === 'HEAD') {
    source.destroy()
    response.end()
    return
  }
  response.once('close', () => source.destroy())
  source.once('error', () => response.destroy())
  source.once('end', () => {
    // A file that changed meanwhile: on this connection nobody knows any more where the next answer starts.
    if (source.bytesRead !== Number(response.getHeader('content-length'))) response.destroy()
  })
}
