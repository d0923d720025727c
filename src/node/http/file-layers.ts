import type { Stats } from 'node:fs'
import { constants } from 'node:fs'
import { access, realpath, stat } from 'node:fs/promises'
import { isAbsolute, join, relative, sep } from 'node:path'
import { CommandError } from '../command-error.ts'
import { isHiddenPath } from './request-path.ts'

/** A directory whose files are served at `/`. */
export interface FileLayer {
  directory: string
  /** Whether it is the user's own. Its responses have the header `libp2p-websocket: native`. */
  native: boolean
  /**
   * A subdirectory whose file names contain a hash of the content, so that browsers may cache them forever.
   */
  hashedDirectory?: string
  /** Whether there may be compressed variants `NAME.br` and `NAME.gz` of its files. Default false. */
  compressed?: boolean
  /**
   * Current paths of moved files, by their former names in the root. A former name is redirected if no layer
   * has a file of that name.
   */
  moved?: Readonly<Record<string, string>>
}

export interface FilePath {
  segments: readonly string[]
  directory: boolean
  query: string
}

/** A layer whose directory exists. */
export interface OpenLayer extends FileLayer {
  /** The directory's real path, without symbolic links. */
  root: string
}

/** A file or directory of a layer. */
export interface Hit {
  layer: OpenLayer
  /** Path relative to the root, without symbolic links. */
  name: string
  info: Stats
}

/** Error codes for files that don't exist or can't be accessed. */
const ABSENT: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'EACCES', 'EPERM'])

/**
 * @throws CommandError `failed`, with a message that names the directory, if it is missing or not a directory
 */
export async function openLayer(layer: FileLayer): Promise<OpenLayer> {
  const root = await orAbsent(realpath(layer.directory))
  if (root === undefined || !(await stat(root)).isDirectory()) {
    throw new CommandError('failed', `no such directory: ${layer.directory}`)
  }
  return { ...layer, root }
}

/**
 * Returns the file in the first layer that has one at this path, or `directory` if there is a directory with
 * an `index.html`.
 */
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

/**
 * Finds a readable file or directory of a layer. Its real path must be inside the layer, too, and not hidden.
 */
export async function find(
  layer: OpenLayer,
  segments: readonly string[],
): Promise<Omit<Hit, 'layer'> | undefined> {
  const path = await orAbsent(realpath(join(layer.root, ...segments)))
  if (path === undefined) return undefined
  const name = relative(layer.root, path)
  // A path outside the root starts with `..`, which also counts as a hidden name.
  if (isAbsolute(name) || isHiddenPath(name.split(sep))) return undefined
  if ((await orAbsent(access(path, constants.R_OK).then(() => true))) === undefined) return undefined
  const info = await orAbsent(stat(path))
  return info === undefined ? undefined : { name, info }
}

/** Resolves to undefined if the file doesn't exist or can't be accessed. */
export async function orAbsent<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found
  } catch (error) {
    if (error instanceof Error && 'code' in error && ABSENT.has(String(error.code))) return undefined
    throw error
  }
}
