import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const docs = readFileSync('docs/client.md', 'utf8')

test('the docs have a heading for each error code, and no other', () => {
  const codes = readFileSync('src/client/client-error.ts', 'utf8').match(/(?<=\| ')ERR_\w+/g)
  const headings = docs.match(/(?<=^### )ERR_\w+$/gm)
  expect(codes?.length).toBeGreaterThan(0)
  expect(headings?.toSorted()).toEqual(codes?.toSorted())
})

test('every link within the docs leads to a heading', () => {
  const anchors = new Set(
    [...docs.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    ),
  )
  const links = [...docs.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor = '']) => anchor)
  expect(links.filter((anchor) => !anchors.has(anchor))).toEqual([])
})
