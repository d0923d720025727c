import { randomUUID } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { chmod, constants, link, mkdir, open, stat, unlink } from 'node:fs/promises'
import { homedir, platform } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import type { KeyStore } from '../../relay/identity.ts'
import { InvalidKeyError, parseKey } from '../../relay/identity.ts'
import { CommandError } from '../command-error.ts'

/** Bytes that a key file may have. RSA with 8192 bits comes to some 6400. */
export const MAX_KEY_FILE_BYTES = 16_384

/** A key in a file. Nothing of this ever logs it. */
export interface KeyFileInit {
  path: string
  /** Told in one line when permissions were too wide. */
  warn: (line: string) => void
}

const FILE_MODE = 0o600
const DIRECTORY_MODE = 0o700
/** Permissions of the group and of others. */
const NOT_OWNER = 0o077
/** What a file system answers that knows no hard links. */
const NO_HARD_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'])

/**
 * `libp2p-websocket/key` in `$XDG_CONFIG_HOME`, or in `~/.config` where that is not set or not absolute, as the XDG Base
 * Directory Specification has it.
 */
export function defaultKeyPath(env: NodeJS.ProcessEnv = process.env, home: string = homedir()): string {
  const configured = env['XDG_CONFIG_HOME']
  const base = configured !== undefined && isAbsolute(configured) ? configured : join(home, '.config')
  return join(base, 'libp2p-websocket', 'key')
}

/**
 * A key store in one file, of mode 0600 in a directory of mode 0700; wider modes are narrowed, with a warning.
 *
 * `load` gives undefined where there is no file. `save` never replaces one: it gives the key that holds, which is another
 * one if another process was faster. Both throw a CommandError, `failed`, that names the file, if it cannot be used.
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
    // Without O_NONBLOCK the opening of a pipe waits for somebody to write into it.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw unusable(path, `it cannot be read (${codeOf(error)})`, error)
  }
  try {
    // Asked of the open file, not of its name, which may have become another file's.
    const info = await file.stat()
    if (!info.isFile()) throw unusable(path, 'it is not a file')
    if (info.size > MAX_KEY_FILE_BYTES) {
      throw unusable(path, `it has ${info.size} bytes, more than ${MAX_KEY_FILE_BYTES}`)
    }
    if (hasModes() && (info.mode & NOT_OWNER) !== 0) {
      await file.chmod(FILE_MODE)
      warn(`others could read the key file ${path}: its mode is now 600`)
    }
    const key = (await file.readFile('utf8')).trim()
    if (!isKey(key)) throw unusable(path, 'it holds no libp2p private key')
    return key
  } catch (error) {
    if (error instanceof CommandError) throw error
    throw unusable(path, `it cannot be read (${codeOf(error)})`, error)
  } finally {
    await file.close()
  }
}

async function save(path: string, key: string, warn: (line: string) => void): Promise<string> {
  if (!isKey(key)) throw new TypeError('this is no key')
  try {
    await makeDirectory(dirname(path), warn)
    if (await createWhole(path, `${key}\n`)) return key
  } catch (error) {
    throw new CommandError('failed', `cannot store the key in ${path} (${codeOf(error)})`, { cause: error })
  }
  const stored = await load(path, warn)
  if (stored === undefined)
    throw new CommandError('failed', `the key file ${path} vanished while it was read`)
  return stored
}

async function makeDirectory(directory: string, warn: (line: string) => void): Promise<void> {
  await mkdir(directory, { recursive: true, mode: DIRECTORY_MODE })
  if (!hasModes() || ((await stat(directory)).mode & NOT_OWNER) === 0) return
  await chmod(directory, DIRECTORY_MODE)
  warn(`others could enter ${directory}: its mode is now 700`)
}

/**
 * Makes a file that is either not there or whole, and never replaces one.
 *
 * @returns false if there is one already
 */
async function createWhole(path: string, content: string): Promise<boolean> {
  const temporary = `${path}.${randomUUID()}.tmp`
  await writeNew(temporary, content)
  try {
    // A link, unlike a rename, fails where the name is taken: of two processes that start at once, one wins.
    await link(temporary, path)
    return true
  } catch (error) {
    const code = codeOf(error)
    if (code === 'EEXIST') return false
    if (!NO_HARD_LINKS.has(code)) throw error
    // O_EXCL decides between two processes too; what is lost is that a crash can leave half a file, which load() names.
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

/** Whether permissions mean something here. */
function hasModes(): boolean {
  return platform() !== 'win32'
}

function unusable(path: string, why: string, cause?: unknown): CommandError {
  return new CommandError('failed', `the key file ${path} cannot be used: ${why}; it is left as it is`, {
    cause,
  })
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : 'unknown error'
}
