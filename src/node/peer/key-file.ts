import { randomUUID } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { chmod, constants, link, mkdir, open, stat, unlink } from 'node:fs/promises'
import { homedir, platform } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import type { KeyStore } from '../../relay/identity.ts'
import { InvalidKeyError, parseKey } from '../../relay/identity.ts'
import { CommandError } from '../command-error.ts'

/** Largest key file, in bytes. An RSA key of 8192 bits takes some 6400. */
export const MAX_KEY_FILE_BYTES = 16_384

/** Settings of {@link keyFile}. */
export interface KeyFileInit {
  path: string
  /** Receives one line if permissions were too wide. It never contains the key. */
  warn: (line: string) => void
}

const FILE_MODE = 0o600
const DIRECTORY_MODE = 0o700
/** Permissions of the group and of others. */
const NOT_OWNER = 0o077
/** Error codes of file systems without hard links. */
const NO_HARD_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'])

/**
 * Returns `libp2p-websocket/key` in `$XDG_CONFIG_HOME`, or in `~/.config` if that is not set or not absolute,
 * following the XDG Base Directory Specification.
 */
export function defaultKeyPath(env: NodeJS.ProcessEnv = process.env, home: string = homedir()): string {
  const configured = env['XDG_CONFIG_HOME']
  const base = configured !== undefined && isAbsolute(configured) ? configured : join(home, '.config')
  return join(base, 'libp2p-websocket', 'key')
}

/**
 * Makes a key store of one file, with mode 0600 in a directory with mode 0700. Wider modes are narrowed, with
 * a warning.
 *
 * `load` resolves to undefined if there is no file. `save` never replaces a file, and resolves to the key
 * that the file then has, which differs if another process was faster. Both throw a CommandError, `failed`,
 * that names the file, if it can't be used.
 */
export function keyFile({ path, warn }: KeyFileInit): KeyStore {
  return {
    load: () => load(path, warn),
    save: (key) => save(path, key, warn),
  }
}

function isKey(text: string): boolean {
  try {
    parseKey(text)
    return true
  } catch (error) {
    if (error instanceof InvalidKeyError) return false
    throw error
  }
}

async function load(path: string, warn: (line: string) => void): Promise<string | undefined> {
  let file: FileHandle
  try {
    // Without O_NONBLOCK, opening a pipe would wait for a writer.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw unusable(path, `it cannot be read (${codeOf(error)})`, error)
  }
  try {
    // Of the open file, because its name may belong to another file by now.
    const info = await file.stat()
    if (!info.isFile()) throw unusable(path, 'it is not a file')
    if (info.size > MAX_KEY_FILE_BYTES) {
      throw unusable(path, `it is too large (${info.size} bytes, at most ${MAX_KEY_FILE_BYTES})`)
    }
    if (hasModes() && (info.mode & NOT_OWNER) !== 0) {
      await file.chmod(FILE_MODE)
      warn(`other users could read the key file ${path}; its mode has been changed to 600`)
    }
    const key = (await file.readFile('utf8')).trim()
    if (!isKey(key)) throw unusable(path, 'it does not contain a libp2p private key')
    return key
  } catch (error) {
    if (error instanceof CommandError) throw error
    throw unusable(path, `it cannot be read (${codeOf(error)})`, error)
  } finally {
    await file.close()
  }
}

async function save(path: string, key: string, warn: (line: string) => void): Promise<string> {
  if (!isKey(key)) throw new TypeError('not a valid key')
  try {
    await makeDirectory(dirname(path), warn)
    if (await createWhole(path, `${key}\n`)) return key
  } catch (error) {
    throw new CommandError('failed', `cannot store the key in ${path} (${codeOf(error)})`, { cause: error })
  }
  const stored = await load(path, warn)
  if (stored === undefined)
    throw new CommandError('failed', `the key file ${path} was deleted while it was read`)
  return stored
}

async function makeDirectory(directory: string, warn: (line: string) => void): Promise<void> {
  await mkdir(directory, { recursive: true, mode: DIRECTORY_MODE })
  if (!hasModes() || ((await stat(directory)).mode & NOT_OWNER) === 0) return
  await chmod(directory, DIRECTORY_MODE)
  warn(`other users could enter ${directory}; its mode has been changed to 700`)
}

/**
 * Creates a file atomically, without replacing an existing one.
 *
 * @returns false if the file exists already
 */
async function createWhole(path: string, content: string): Promise<boolean> {
  const temporary = `${path}.${randomUUID()}.tmp`
  await writeNew(temporary, content)
  try {
    // Unlike a rename, a link fails if the name is taken, so one of two processes that start at the same time
    // wins.
    await link(temporary, path)
    return true
  } catch (error) {
    const code = codeOf(error)
    if (code === 'EEXIST') return false
    if (!NO_HARD_LINKS.has(code)) throw error
    // O_EXCL lets one of two processes win too. But a crash can leave half a file, which load() then reports.
    return await writeNew(path, content).then(
      () => true,
      (reason: unknown) => {
        if (codeOf(reason) === 'EEXIST') return false
        throw reason
      },
    )
  } finally {
    await unlink(temporary)
  }
}

async function writeNew(path: string, content: string): Promise<void> {
  const file = await open(path, 'wx', FILE_MODE)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Whether this platform has file modes. */
function hasModes(): boolean {
  return platform() !== 'win32'
}

function unusable(path: string, why: string, cause?: unknown): CommandError {
  return new CommandError(
    'failed',
    `the key file ${path} cannot be used: ${why}. Repair it or move it away; it was not changed.`,
    {
      cause,
    },
  )
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : 'unknown error'
}
