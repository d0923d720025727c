import { createHash } from 'node:crypto'
import { cp, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, sep } from 'node:path'

const TEXT = /\.(?:css|html|js|webmanifest)$/u

/** A build that looks, from outside, as if it was made after `dist/site`. */
export interface NextBuild {
  directory: string
  /** The identifier of `dist/site`, and that of this build. */
  before: string
  after: string
  remove(): Promise<void>
}

/**
 * Makes another build of the site without building it: every script has another identifier, files that Vite
 * names by their content have other names, and the service worker's list has the hashes of these files.
 */
export async function makeNextBuild(site = 'dist/site'): Promise<NextBuild> {
  const directory = await mkdtemp(join(tmpdir(), 'next-build-'))
  await cp(site, directory, { recursive: true, filter: (name) => !name.endsWith('.map') })
  const worker = await readFile(join(directory, 'sw.js'), 'utf8')
  const before = /\d+\.\d+\.\d+\+[0-9a-f]{12}/u.exec(worker)?.[0]
  if (before === undefined) throw new Error('sw.js does not say what build it is of')
  const after = `${before.slice(0, -12)}${'0'.repeat(12)}`
  const names = (await readdir(directory, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
  // `assets/index-B7ZXNTdh.js`: another hash of the same length.
  const assets = names.filter((name) => name.startsWith(`assets${sep}`)).map((name) => name.slice(7))
  const renamed = new Map(assets.map((name) => [name, name.replace(/-[^.]{4}([^.]{4})\./u, '-next$1.')]))
  if (new Set(renamed.values()).size !== assets.length) throw new Error('two assets would have the same name')
  const hashes = new Map<string, string>()
  for (const name of names) {
    const path = join(directory, name)
    const content = await readFile(path)
    let changed: string | Buffer = content
    if (TEXT.test(name)) {
      changed = content.toString('utf8').replaceAll(before, after)
      for (const [old, other] of renamed) changed = changed.replaceAll(old, other)
      await writeFile(path, changed)
    }
    hashes.set(hashOf(content), hashOf(changed))
  }
  for (const [old, other] of renamed)
    await rename(join(directory, 'assets', old), join(directory, 'assets', other))
  await writeFile(
    join(directory, 'sw.js'),
    withHashes(await readFile(join(directory, 'sw.js'), 'utf8'), hashes),
  )
  return { directory, before, after, remove: () => rm(directory, { recursive: true, force: true }) }
}

/** The service worker's list, with the current hashes of the files; a changed file has another revision. */
function withHashes(script: string, hashes: ReadonlyMap<string, string>): string {
  return script.replaceAll(
    /"integrity":"(sha384-[^"]+)","revision":("[0-9a-f]{32}"|null)/gu,
    (entry, old: string, revision: string) => {
      const now = hashes.get(old)
      if (now === undefined)
        throw new Error(`the service worker's list has a file that is not there: ${entry}`)
      const isSame = now === old || revision === 'null'
      return `"integrity":"${now}","revision":${isSame ? revision : `"${'0'.repeat(32)}"`}`
    },
  )
}

function hashOf(content: string | Uint8Array): string {
  return `sha384-${createHash('sha384').update(content).digest('base64')}`
}
