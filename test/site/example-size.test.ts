import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

/** The lines of code, including comments, that an example has in addition to the shared ones. */
const MAX_LINES = 165

const EXAMPLES = readdirSync('examples')
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.slice(0, -3))

test.each(EXAMPLES)('%s has fewer than 165 lines of its own, a link and a screenshot', (name) => {
  const folder = join('examples', name)
  const own = existsSync(folder) ? readdirSync(folder).map((file) => join(folder, file)) : []
  const scripts = [`${folder}.ts`, ...own.filter((file) => file.endsWith('.ts'))]
  const lines = scripts.flatMap((file) => readFileSync(file, 'utf8').trimEnd().split('\n'))
  expect(lines.length).toBeLessThan(MAX_LINES)
  const site = readFileSync('index.html', 'utf8')
  expect(site).toContain(`href="./examples/${name}.html"`)
  expect(site).toContain(`src="/screenshots/${name}.webp"`)
  expect(existsSync(`public/screenshots/${name}.webp`)).toBe(true)
})

test('every example that the site lists exists', () => {
  expect(EXAMPLES).toEqual(['board', 'chat', 'files', 'hello', 'notes'])
})
