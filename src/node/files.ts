import type { ReadStream, Stats } from 'node:fs'
import { constants } from 'node:fs'
import { access, open, realpath, stat } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, isAbsolute, join, relative, sep } from 'node:path'
import Negotiator from 'negotiator'
import sendFile from 'send'
import { DECLARATION_BYTES, declaresEncoding } from '../html/index.ts'
import { say } from './answers.ts'
import { contentPolicy } from './content-policy.ts'
import { CommandError } from './command-error.ts'
import { isHiddenPath } from './request-path.ts'

/** One directory whose files are served from `/`. */
export interface FileLayer {
  directory: string
  /** The user's own: its answers say so in the header `libp2p-websocket: native`. */
  native: boolean
  /** A directory in it whose files carry a hash of their content in their names, and may be kept for ever. */
  hashedDirectory?: string
  /** Beside a file may lie compressed forms of it, `NAME.br` and `NAME.gz`, for those who accept them. Default false. */
  compressed?: boolean
  /**
   * Files of it that once had another path: present paths by former names, which are in the root. Such a name leads to the present
   * path where no layer has a file of that name.
   */
  moved?: Readonly<Record<string, string>>
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
}

interface Hit {
  layer: OpenLayer
  /** Names below the root, without symbolic links. */
  name: string
  info: Stats
}

/** Types that `send` names otherwise, or without the charset that a browser would not guess. */
const TYPES: ReadonlyMap<string, string> = new Map([
  ['.csv', 'text/csv; charset=utf-8'],
  ['.json', 'application/json; charset=utf-8'],
  ['.map', 'application/json; charset=utf-8'],
  ['.md', 'text/markdown; charset=utf-8'],
  ['.txt', 'text/plain; charset=utf-8'],
  ['.webmanifest', 'application/manifest+json'],
  // A name without an extension says nothing: it is for saving, not for showing.
  ['', 'application/octet-stream'],
])
/** Texts whose encoding their author says elsewhere: scripts and styles follow their page, XML says it itself. Ours are in UTF-8. */
const FOLLOWING: ReadonlyMap<string, string> = new Map([
  ['.css', 'text/css'],
  ['.js', 'text/javascript'],
  ['.mjs', 'text/javascript'],
  ['.svg', 'image/svg+xml'],
  ['.xml', 'text/xml'],
  ['.xsl', 'text/xml'],
])
const HTML = /^\.s?html?$/u

/** The encodings of {@link FileLayer.compressed}, the best one first, and how the names of such files end. */
const ENCODINGS: ReadonlyMap<string, string> = new Map([
  ['br', '.br'],
  ['gzip', '.gz'],
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
        await send(request, response, hit)
      }
      return true
    },
  }
}

function newPlaceOf(layers: readonly OpenLayer[], path: string): string | undefined {
  const layer = layers.find(({ moved }) => moved !== undefined && Object.hasOwn(moved, path))
  return layer?.moved?.[path]
}

async function openLayer(layer: FileLayer): Promise<OpenLayer> {
  const root = await orAbsent(realpath(layer.directory))
  if (root === undefined || !(await stat(root)).isDirectory()) {
    throw new CommandError('failed', `no such directory: ${layer.directory}`)
  }
  return { ...layer, root }
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
  if (isAbsolute(name) || isHiddenPath(name.split(sep))) return undefined
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

/** Leads to a place beside the one that was asked for: a proxy in front may have another path for both. */
function redirect(response: ServerResponse, { query }: FilePath, place: string): void {
  // The dot keeps a colon in it from being read as the end of a scheme.
  const location = `./${place.split('/').map(encodeURIComponent).join('/')}${query}`
  response.writeHead(308, { location, 'content-length': 0 }).end()
}

async function send(request: IncomingMessage, response: ServerResponse, hit: Hit): Promise<void> {
  const { layer } = hit
  const parts = hit.name.split(sep)
  const hashed = layer.hashedDirectory !== undefined && parts[0] === layer.hashedDirectory && parts.length > 1
  response.setHeader('cache-control', hashed ? FOREVER : ASK_AGAIN)
  const policy = layer.native ? undefined : contentPolicy(parts.join('/'))
  if (policy !== undefined) response.setHeader('content-security-policy', policy)
  if (layer.native) response.setHeader('libp2p-websocket', 'native')
  const type = await typeOf(hit)
  if (type !== undefined) response.setHeader('content-type', type)
  // Its type cannot be told from the name of a compressed form.
  const isCompressed = layer.compressed === true && type !== undefined
  const { name, info } = isCompressed ? await formOf(request, response, hit) : hit

  const { range } = request.headers
  // Only GET has ranges.
  if (request.method === 'HEAD') delete request.headers.range
  // `send` refuses the last n bytes of a file that has fewer, which RFC 9110 takes for the whole of it.
  else if (Number(/^\s*bytes\s*=\s*-(?<last>\d+)\s*$/u.exec(range ?? '')?.groups?.['last']) > info.size) {
    request.headers.range = 'bytes=0-'
  }
  sendFile(request, name.split(sep).map(encodeURIComponent).join('/'), {
    root: layer.root,
    // What is hidden was passed over.
    dotfiles: 'allow',
    index: false,
    cacheControl: false,
  })
    .on('stream', (source: ReadStream) => endTogether(source, response))
    .on('error', (error: { status?: number }) => fail(response, error.status ?? 500))
    .pipe(response)
}

/** The type with which a browser reads the file as its author wrote it; undefined where `send` knows it. */
async function typeOf({ layer, name }: Hit): Promise<string | undefined> {
  const extension = extname(name).toLowerCase()
  const type = HTML.test(extension) ? 'text/html' : FOLLOWING.get(extension)
  if (type === undefined) return TYPES.get(extension)
  if (layer.native && (type !== 'text/html' || (await saysEncoding(join(layer.root, name))))) return type
  // A page that doesn't say its encoding was served as UTF-8 by the relay of 2020.
  return `${type}; charset=utf-8`
}

async function saysEncoding(path: string): Promise<boolean> {
  const file = await orAbsent(open(path))
  if (file === undefined) return false
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(DECLARATION_BYTES), position: 0 })
    return declaresEncoding(buffer.subarray(0, bytesRead))
  } finally {
    await file.close()
  }
}

/** The best form of the file that the client accepts, with the headers that say so. */
async function formOf(request: IncomingMessage, response: ServerResponse, hit: Hit): Promise<Hit> {
  const forms = new Map<string, Hit>()
  for (const [encoding, ending] of ENCODINGS) {
    const form = await find(hit.layer, `${hit.name}${ending}`.split(sep))
    if (form?.info.isFile()) forms.set(encoding, { layer: hit.layer, ...form })
  }
  if (forms.size === 0) return hit
  response.setHeader('vary', 'accept-encoding')
  const accepted = new Negotiator(request).encodings([...forms.keys()])
  for (const [encoding, form] of forms) {
    if (!accepted.includes(encoding)) continue
    response.setHeader('content-encoding', encoding)
    return form
  }
  return hit
}

function fail(response: ServerResponse, status: number): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  for (const name of ['content-encoding', 'etag', 'last-modified', 'cache-control']) {
    response.removeHeader(name)
  }
  const words: Record<number, string> = {
    404: 'not found',
    412: 'the file has changed',
    416: 'the file has no such range',
  }
  say(response, status, words[status] ?? 'the file cannot be read')
}

/** Ends the connection where a file ended early: nobody on it knows any more where the next answer starts. */
function endTogether(source: ReadStream, response: ServerResponse): void {
  source.once('end', () => {
    if (source.bytesRead !== Number(response.getHeader('content-length'))) response.destroy()
  })
}
