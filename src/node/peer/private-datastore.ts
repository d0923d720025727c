import { chmod, mkdir, stat } from 'node:fs/promises'
import { platform } from 'node:os'
import { FsDatastore } from 'datastore-fs'

const FILE_MODE = 0o600
const DIRECTORY_MODE = 0o700
/** Permissions of the group and of others. */
const NOT_OWNER = 0o077

/**
 * A datastore in a directory that only its owner may enter, in files that only he may read: private keys are among them. A
 * wider mode of the directory is narrowed, and that is said.
 */
export class PrivateDatastore extends FsDatastore {
  readonly #warn: (line: string) => void

  constructor(path: string, warn: (line: string) => void) {
    super(path)
    this.#warn = warn
  }

  /** @throws Error the directory cannot be made, or not be made private */
  override async open(): Promise<void> {
    await mkdir(this.path, { recursive: true, mode: DIRECTORY_MODE })
    if (hasModes() && ((await stat(this.path)).mode & NOT_OWNER) !== 0) {
      await chmod(this.path, DIRECTORY_MODE)
      this.#warn(`others could enter ${this.path}: its mode is now 700`)
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

/** Whether permissions mean something here. */
function hasModes(): boolean {
  return platform() !== 'win32'
}
