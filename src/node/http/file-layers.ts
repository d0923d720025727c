import type { Stats } from 'node:fs'
import { constants } from 'node:fs'
import { access, realpath, stat } from 'node:fs/promises'
import { isAbsolute, join, relative, sep } from 'node:path'
import { CommandError } from '../command-error.ts'
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

export interface FilePath {
  segments: readonly string[]
  directory: boolean
  query: string
}

/** A layer whose directory has been found. */
export interface OpenLayer extends FileLayer {
  /** Its real path, without symbolic links. */
  root: string
}

/** A file or directory of a layer. */
export interface Hit {
  layer: OpenLayer
  /** Names below the root, without symbolic links. */
  name: string
  info: Stats
}

/** What the file system says of a name that is not there, or not to be had. */
const ABSENT: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'EACCES', 'EPERM'])

/** @throws CommandError `failed`: the directory is missing, or is none; its line names it */
export async function openLayer(layer: FileLayer): Promise<OpenLayer> {
  const root = await orAbsent(realpath(layer.directory))
  if (root === undefined || !(await stat(root)).isDirectory()) {
    throw new CommandError('failed', `no such directory: ${layer.directory}`)
  }
  return { ...layer, root }
}

/** The uppermost file of this path; `directory` if it is a directory with an `index.html`. */
export async function findFirst(
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
export async function find(
  layer: OpenLayer,
  segments: readonly string[],
): Promise<Omit<Hit, 'layer'> | undefined> {
  const path = await orAbsent(realpath(join(layer.root, ...segments)))
  if (path === undefined) return undefined
  const name = relative(layer.root, path)
  // A hidden name covers `..` too, which is how a path outside begins.
  if (isAbsolute(name) || isHiddenPath(name.split(sep))) return undefined
  if ((await orAbsent(access(path, constants.R_OK).then(() => true))) === undefined) return undefined
  const info = await orAbsent(stat(path))
  return info === undefined ? undefined : { name, info }
}

/** Undefined for what is not there, or not to be had. */
export async function orAbsent<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found
  } catch (error) {
    if (error instanceof Error && 'code' in error && ABSENT.has(String(error.code))) return undefined
    throw error
  }
}
