import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

/** The width of code and comments, in columns: `printWidth` of `.oxfmtrc.json`. */
const WIDTH = 110

const ROOMS = ['src', 'test', 'bench', 'examples', 'build']

/** A line that is in a comment or ends with one. URLs and emphasis in a template's text don't match. */
const COMMENT = /^\s*(?:\/\/|\/?\*+(?:\s|$)|<!--)|\s\/\/\s/u

/** A word that no wrapping would shorten, such as a URL. */
const WORD_THAT_FILLS_A_LINE = /\S{90,}/u

/** Oxfmt wraps the code, apart from strings, which nothing wraps. It leaves comments as they are. */
test('comments wrap at the width of the code', () => {
  const tooLong: string[] = []
  for (const room of ROOMS) {
    for (const name of readdirSync(room, { recursive: true, encoding: 'utf8' })) {
      if (!/\.(?:ts|js|css|html)$/u.test(name) || name.includes('node_modules')) continue
      const file = join(room, name)
      for (const [index, line] of readFileSync(file, 'utf8').split('\n').entries()) {
        if (line.length <= WIDTH || !COMMENT.test(line) || WORD_THAT_FILLS_A_LINE.test(line)) continue
        tooLong.push(`${file}:${index + 1}`)
      }
    }
  }
  expect(tooLong).toEqual([])
})
