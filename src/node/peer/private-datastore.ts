import { chmod, mkdir, stat } from 'node:fs/promises'
import { platform } from 'node:os'
import { FsDatastore } from 'datastore-fs'

const FILE_MODE = 0o600
const DIRECTORY_MODE = 0o700
/** Permissions of the group and of others. */
const NOT_OWNER = 0o077

/**
 * A datastore in a directory that only its owner may enter, with files that only its owner may read, because
 * it holds private keys. If the directory has a wider mode, it is narrowed with a warning.
 */
export class PrivateDatastore extends FsDatastore {
  readonly #warn: (line: string) => void

  constructor(path: string, warn: (line: string) => void) {
    super(path)
    this.#warn = warn
  }

  /** @throws Error if the directory can't be created or made private */
  override async open(): Promise<void> {
    await mkdir(this.path, { recursive: true, mode: DIRECTORY_MODE })
    if (hasModes() && ((await stat(this.path)).mode & NOT_OWNER) !== 0) {
      await chmod(this.path, DIRECTORY_MODE)
      this.#warn(`other users could enter ${this.path}; its mode has been changed to 700`)
    }
    await super.open()
  }

  override async put(
    ...[key, value, options]: Parameters<FsDatastore['put']>
  ): ReturnType<FsDatastore['put']> {
    await super.put(key, value, options)
    if (hasModes()) await chmod(this._encode(key).file, FILE_MODE)
    return key
  }
}

/** Whether this platform has file modes. */
function hasModes(): boolean {
  return platform() !== 'win32'
}
