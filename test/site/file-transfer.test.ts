import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isOffer } from '../../examples/files/transfer.ts'
import { cleanFileName } from '../../examples/shared/clean-name.ts'
import { sha256Of } from '../../examples/shared/sha256.ts'

describe('a file’s name from a peer', () => {
  test.each([
    ['photo.jpg', 'photo.jpg'],
    ['../../.bashrc', '_.._.bashrc'],
    ['C:\\a?.txt', 'C_a_.txt'],
    ['...', 'file'],
    [' \u0000 ', '_'],
    ['x'.repeat(300), 'x'.repeat(120)],
  ])('%j becomes %j', (name, clean) => {
    expect(cleanFileName(name)).toBe(clean)
  })

  test('is one that may stand in a directory, whatever it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        expect(cleanFileName(name)).toMatch(/^(?!\.)[^\p{Cc}/\\]+$/u)
      }),
    )
  })
})

test.each([undefined, null, 7, 'x', [], { name: 'a' }, { name: 'a', size: -1 }, { name: 1, size: 1 }])(
  '%j is no offer of a file',
  (value) => {
    expect(isOffer(value)).toBe(false)
  },
)

test('the SHA-256 of a file that is read in several pieces is that of the whole', async () => {
  const bytes = new Uint8Array(4_200_001)
  for (let at = 0; at < bytes.length; at += 65_537) bytes[at] = at % 251
  expect(await sha256Of(new Blob([bytes]))).toBe(createHash('sha256').update(bytes).digest('hex'))
  expect(await sha256Of(new Blob([]))).toBe(createHash('sha256').digest('hex'))
})
