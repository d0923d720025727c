import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { filePath, folderName, folderUrl, isHidden, readFolderUrl } from '../../src/folders/folder-path.ts'

const SITE = 'https://site.example/sub/'

describe('a folder', () => {
  test.each(['site', 'CON', '100%', '🎉 party', 'a?b#c', 'ünï', '%2e%2e', 'a\\b', '...'])(
    'named %j has its own URL',
    (name) => {
      expect(folderName(name)).toBe(name)
      const url = folderUrl(name, SITE)
      expect(url.href.startsWith('https://site.example/sub/folders/')).toBe(true)
      expect(readFolderUrl(url, SITE)).toEqual({ name, path: '', directory: true })
    },
  )

  test.each(['', '  ', '.', '..', 'a/b', 'a\0b', 'x'.repeat(201)])('cannot be named %j', (name) => {
    expect(folderName(name)).toBeUndefined()
  })

  test('whose name is decomposed is the same as the one with the composed name', () => {
    expect(folderName('e\u0301')).toBe('\u00e9')
    expect(readFolderUrl(new URL('folders/e%CC%81/', SITE), SITE)?.name).toBe('\u00e9')
  })

  test('whose name has a lone surrogate has a replacement character instead', () => {
    expect(folderName('a\uD800')).toBe('a\uFFFD')
  })
})

describe('a file', () => {
  test.each([
    ['folders/f/a.html', { name: 'f', path: 'a.html', directory: false }],
    ['folders/f/a/b/', { name: 'f', path: 'a/b', directory: true }],
    ['folders/f', { name: 'f', path: '', directory: false }],
    ['folders/f/100%.html?q=1', { name: 'f', path: '100%.html', directory: false }],
    ['folders/f/%F0%9F%8E%89.html', { name: 'f', path: '🎉.html', directory: false }],
    ['folders/f/.well-known/security.txt', { name: 'f', path: '.well-known/security.txt', directory: false }],
    ['folders/f/a%5Cb', { name: 'f', path: 'a\\b', directory: false }],
    // The URL parser has already resolved `..`.
    ['folders/f/a/../b', { name: 'f', path: 'b', directory: false }],
  ])('is named by %s', (path, expected) => {
    expect(readFolderUrl(new URL(path, SITE), SITE)).toEqual(expected)
  })

  test.each([
    'folders/',
    'folders//',
    'folders/f//a',
    'folders/f/a%2Fb',
    'folders/f/..%2Fb',
    'folders/f/.git/config',
    'folders/f/.env',
    'folders/f/a/.well-known/b',
    'folders/f/.well-known/.env',
    'folders/f/a%00b',
    'other/f/a',
    'https://other.example/sub/folders/f/a',
  ])('is not named by %s', (path) => {
    expect(readFolderUrl(new URL(path, SITE), SITE)).toBeUndefined()
  })

  test('with any name is either stored and found by its URL, or hidden, or invalid', () => {
    const name = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 8 }),
      fc.constantFrom('..', '%', '%41', 'CON', '.env', '.well-known'),
    )
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), (names) => {
        const path = filePath(names.join('/'))
        if (path === undefined) {
          const parts = names.join('/').split('/')
          expect(
            parts.some((part, depth) => part === '' || isHidden(part, depth) || /\p{Cc}/u.test(part)),
          ).toBe(true)
          return
        }
        const url = new URL(`folders/f/${path.split('/').map(encodeURIComponent).join('/')}`, SITE)
        expect(readFolderUrl(url, SITE)).toEqual({ name: 'f', path, directory: false })
      }),
    )
  })
})
