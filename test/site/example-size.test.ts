import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

/**
 * The lines of code, including comments, of the scripts that make an example: of its folder too if it is the
 * chat. How an old chat talks, how a pen draws and how a file is read and written isn't counted.
 */
const MAX_LINES: Record<string, number> = { hello: 50, chat: 60, board: 100, files: 175, notes: 120 }

const linesOf = (files: string[]): number =>
  files.flatMap((file) => readFileSync(file, 'utf8').trimEnd().split('\n')).length

test.each(Object.entries(MAX_LINES))(
  '%s has at most %i lines of its own, a link and a screenshot',
  (name, most) => {
    const folder = join('examples', name)
    const own = name === 'chat' ? readdirSync(folder).filter((file) => file.endsWith('.ts')) : []
    expect(linesOf([`${folder}.ts`, ...own.map((file) => join(folder, file))])).toBeLessThanOrEqual(most)
    const site = readFileSync('index.html', 'utf8')
    expect(site).toContain(`href="./examples/${name}.html"`)
    expect(site).toContain(`src="/screenshots/${name}.webp"`)
    expect(existsSync(`public/screenshots/${name}.webp`)).toBe(true)
  },
)

test('every example is measured', () => {
  const examples = readdirSync('examples').filter((name) => name.endsWith('.ts'))
  expect(examples.map((name) => name.slice(0, -3)).toSorted()).toEqual(Object.keys(MAX_LINES).toSorted())
})
