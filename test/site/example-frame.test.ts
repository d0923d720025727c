import { readFileSync, readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { framedExample } from '../../build/example-frame.ts'
import { SITE_PAGES } from '../../build/site-pages.ts'

const EXAMPLES = readdirSync('examples').filter((name) => name.endsWith('.html'))
const framed = EXAMPLES.map((name) => framedExample(readFileSync(`examples/${name}`, 'utf8'), name))

const contents = (pattern: RegExp): string[] => framed.map((page) => pattern.exec(page)?.[1] ?? '')

describe('every example', () => {
  test('is a page of the site', () => {
    expect(SITE_PAGES).toEqual(expect.arrayContaining(EXAMPLES.map((name) => `examples/${name}`)))
  })

  test('has a title and a description of its own, for itself and for previews', () => {
    for (const pattern of [/<title>(.+)<\/title>/u, /name="description"\s+content="([^"]+)"/u]) {
      const found = contents(pattern)
      expect(found).not.toContain('')
      expect(new Set(found).size).toBe(EXAMPLES.length)
    }
    expect(contents(/property="og:title" content="([^"]+)"/u)).toEqual(contents(/<title>(.+)<\/title>/u))
    for (const page of framed)
      expect(page).toMatch(/theme-color[^]*og:image" content="\/screenshots\/\w+\.webp"/u)
  })

  test('loads our script before anything else', () => {
    for (const page of framed) expect(page).toMatch(/<head>\s*<script src="\.\.\/libp2p-websocket\.js"/u)
  })

  test('has the header with its own place in it, one map, the footer and the shared script', () => {
    for (const [index, page] of framed.entries()) {
      const current = /<a href="\.\/(\w+)\.html" aria-current="page">/u.exec(page)?.[1]
      expect(current).toBe(EXAMPLES[index] === 'bare.html' ? 'hello' : EXAMPLES[index]?.replace('.html', ''))
      expect(page.match(/<svg class="live-map"/gu)).toHaveLength(1)
      expect(page).toMatch(/<\/main>\s*<footer[^]*shared\/frame\.ts/u)
    }
  })
})
