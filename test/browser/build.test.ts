import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'

/** The modules in the scripts of a directory of the build. */
async function bundledModules(directory: string): Promise<string[]> {
  const names = await readdir(directory, { recursive: true })
  const maps = names.filter((name) => name.endsWith('.js.map'))
  const sources = maps.map(async (name) => {
    const map = JSON.parse(await readFile(join(directory, name), 'utf8')) as { sources: string[] }
    return map.sources
  })
  return (await Promise.all(sources)).flat()
}

test.each(['dist/site', 'dist/node'])('%s has one copy of noise and one of yamux', async (directory) => {
  const modules = await bundledModules(directory)
  expect(modules.filter((name) => name.endsWith('noise/dist/src/index.js'))).toHaveLength(1)
  expect(modules.filter((name) => name.endsWith('yamux/dist/src/index.js'))).toHaveLength(1)
})
