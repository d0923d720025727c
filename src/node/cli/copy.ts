import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { formatBytes } from '../../platform/format.ts'
import { CommandError, oneLine } from '../command-error.ts'
import { EMPTY_NETWORK_FILE, NETWORK_FILE, findPageFiles } from '../page-files.ts'

/** What the last copy wrote: its version, and its files, which a newer version may no longer have. */
interface CopyRecord {
  version: string
  files: string[]
}

/** The file that keeps the {@link CopyRecord}. */
const RECORD_FILE = 'libp2p-websocket.json'

/** What {@link copyPageFiles} needs. */
export interface CopyInit {
  /** The directory of the built site. */
  siteDirectory: string
  version: string
  /** The directory that an application serves. It is created if necessary. */
  directory: string
  /** Only compares, and writes nothing. */
  checkOnly: boolean
  /** Receives whole lines, including their line breaks. */
  stdout: (text: string) => void
}

/**
 * Copies what pages load into a directory that an application serves, and keeps a `network.json` that is
 * there. With `checkOnly`, rejects if the copies differ from this version.
 */
export async function copyPageFiles(init: CopyInit): Promise<void> {
  const { siteDirectory, version, directory, checkOnly, stdout } = init
  await refuseFile(directory)
  const source = await findPageFiles(siteDirectory)
  const before = await readRecord(directory)
  if (checkOnly) {
    await check(init, source.names, before)
    stdout(`The copies in ${directory} are of this version, ${version}.\n`)
    return
  }
  let bytes = 0
  try {
    for (const name of source.names) {
      const content = await source.read(name)
      bytes += content.byteLength
      await write(join(directory, name), content)
    }
    for (const name of before?.files ?? []) {
      if (!source.names.includes(name) && isInside(name)) await rm(join(directory, name), { force: true })
    }
    const record: CopyRecord = { version, files: [...source.names] }
    await write(join(directory, RECORD_FILE), `${JSON.stringify(record, undefined, 2)}\n`)
  } catch (error) {
    throw new CommandError('failed', `cannot copy to ${directory}: ${oneLine(error)}`, { cause: error })
  }
  const replaced = before === undefined || before.version === version ? '' : `, replacing ${before.version}`
  stdout(
    `Copied libp2p-websocket ${version} to ${directory} (${source.names.length} files, ${formatBytes(bytes)})${replaced}.\n`,
  )
  stdout(await addNetworkFile(directory))
  stdout(
    'Put this tag first in the head of your pages: <script src="/libp2p-websocket.js"></script>\n' +
      'Serve the pages over https or from localhost. More: docs/use-in-your-app.md in the package.\n',
  )
}

async function refuseFile(directory: string): Promise<void> {
  const status = await stat(directory).catch(() => undefined)
  if (status !== undefined && !status.isDirectory())
    throw new CommandError('usage', `copy: ${directory} is not a directory`)
}

async function check(
  { siteDirectory, version, directory }: CopyInit,
  names: readonly string[],
  before: CopyRecord | undefined,
): Promise<void> {
  if (before !== undefined && before.version !== version) {
    throw new CommandError(
      'failed',
      `the copies in ${directory} are of version ${before.version}, but this is ${version}: run copy again`,
    )
  }
  for (const name of names) {
    const [copy, original] = await Promise.all(
      [directory, siteDirectory].map((root) => readFile(join(root, name)).catch(() => undefined)),
    )
    if (copy === undefined || original === undefined || !copy.equals(original)) {
      throw new CommandError(
        'failed',
        `${join(directory, name)} ${copy === undefined ? 'is missing' : 'is not of this version'}: run copy again`,
      )
    }
  }
}

/** Returns what to tell about the site's `network.json`, which is written only if there is none. */
async function addNetworkFile(directory: string): Promise<string> {
  const path = join(directory, NETWORK_FILE)
  try {
    await writeFile(path, EMPTY_NETWORK_FILE, { flag: 'wx' })
    return `${path} is new. List a circuit relay in it, or pages in different browsers can't reach each other.\n`
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return `${path} was kept.\n`
    throw new CommandError('failed', `cannot write ${path}: ${oneLine(error)}`, { cause: error })
  }
}

async function readRecord(directory: string): Promise<CopyRecord | undefined> {
  try {
    const record: unknown = JSON.parse(await readFile(join(directory, RECORD_FILE), 'utf8'))
    return isCopyRecord(record) ? record : undefined
  } catch {
    // Nothing has been copied here, or the record is damaged: then nothing is removed either.
    return undefined
  }
}

function isCopyRecord(value: unknown): value is CopyRecord {
  return (
    typeof value === 'object' &&
    value !== null &&
    'version' in value &&
    typeof value.version === 'string' &&
    'files' in value &&
    Array.isArray(value.files) &&
    value.files.every((name) => typeof name === 'string')
  )
}

/** Whether a name from the record stays in the directory. Anybody may have written that file. */
function isInside(name: string): boolean {
  return /^[\w-][\w.-]*(?:\/[\w-][\w.-]*)?$/u.test(name)
}

async function write(path: string, content: string | Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, content)
}
