import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DiskFile } from '../../examples/files/disk-file.ts'
import type { DownloadState, Source } from '../../examples/files/download.ts'
import { Download } from '../../examples/files/download.ts'
import { PART_BYTES, isSender } from '../../examples/files/offer.ts'
import { MAX_OFFERS } from '../../examples/files/offer.ts'
import { MAX_RECEIVERS, OwnFiles } from '../../examples/files/own-files.ts'
import { sha256Of } from '../../examples/files/sha256.ts'
import { cleanFileName } from '../../examples/shared/clean-name.ts'

describe("a file's name from a peer", () => {
  test.each([
    ['photo.jpg', 'photo.jpg'],
    ['../../.bashrc', '_.._.bashrc'],
    ['C:\\a?.txt', 'C_a_.txt'],
    ['...', 'file'],
    [' \u0000 ', '_'],
    ['x'.repeat(300), 'x'.repeat(120)],
    [`${'x'.repeat(300)}.jpg`, `${'x'.repeat(116)}.jpg`],
    [`${'x'.repeat(300)}.tar.gz`, `${'x'.repeat(113)}.tar.gz`],
    [`a.${'x'.repeat(300)}`, `a.${'x'.repeat(118)}`],
    // 120 of these would be 360 bytes, which no file system accepts.
    [`${'漢'.repeat(300)}.txt`, `${'漢'.repeat(78)}.txt`],
    [`${'x'.repeat(115)}😀.png`, `${'x'.repeat(115)}.png`],
    [`${'x'.repeat(117)}👍🏽`, 'x'.repeat(117)],
    [`${'x'.repeat(118)}👍🏽`, 'x'.repeat(118)],
    ['half \ud83d.png', 'half _.png'],
  ])('%j becomes %j', (name, clean) => {
    expect(cleanFileName(name)).toBe(clean)
  })

  test('becomes a valid file name, whatever it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        const clean = cleanFileName(name)
        expect(clean).toMatch(/^(?!\.)[^\p{Cc}\p{Cs}/\\]+$/u)
        expect(Buffer.byteLength(clean)).toBeLessThanOrEqual(255)
      }),
    )
  })
})

test.each([
  ['nothing', undefined],
  ['a list', []],
  ['no files', { name: 'a' }],
  ['a negative size', { name: 'a', files: [{ id: '1', name: 'b', size: -1 }] }],
  ['a number as ID', { name: 'a', files: [{ id: 1, name: 'b', size: 1 }] }],
  [
    'too many files',
    { name: 'a', files: Array.from({ length: MAX_OFFERS + 1 }, () => ({ id: '', name: '', size: 1 })) },
  ],
])('%s is not accepted as what a sender says of itself', (_, value) => {
  expect(isSender(value)).toBe(false)
})

test('the SHA-256 of a file that is read in several pieces is that of the whole file', async () => {
  const bytes = new Uint8Array(4_200_001)
  for (let at = 0; at < bytes.length; at += 65_537) bytes[at] = at % 251
  expect(await sha256Of(new Blob([bytes]))).toBe(createHash('sha256').update(bytes).digest('hex'))
  expect(await sha256Of(new Blob([]))).toBe(createHash('sha256').digest('hex'))
})

/** A place to save to that keeps the bytes in memory. */
class MemoryFile implements Pick<DiskFile, 'write' | 'close' | 'abort'> {
  bytes = new Uint8Array()
  isAborted = false

  async write(bytes: Uint8Array): Promise<void> {
    this.bytes = Uint8Array.from(Buffer.concat([this.bytes, bytes]))
  }

  async close(): Promise<{ sha256: string; url: string }> {
    return { sha256: createHash('sha256').update(this.bytes).digest('hex'), url: '' }
  }

  async abort(): Promise<void> {
    this.isAborted = true
  }
}

class LostError extends Error {}

/** Downloads a file from these sources, one after another, and returns how that ended. */
async function downloadFrom(
  size: number,
  sources: Source[],
  started: (download: Download) => void = () => undefined,
): Promise<{ state: DownloadState; to: MemoryFile }> {
  const to = new MemoryFile()
  const state = await new Promise<DownloadState>((resolve) => {
    const download: Download = new Download({
      offer: { id: '1', name: 'a', size },
      to: to as unknown as DiskFile,
      source: async (signal) =>
        sources.shift() ??
        (await new Promise<never>((_, reject) =>
          signal.addEventListener('abort', () => reject(new Error('aborted'))),
        )),
      isTemporary: (error) => error instanceof LostError,
      changed() {
        queueMicrotask(() => {
          if (!['running', 'waiting'].includes(download.state.kind)) resolve(download.state)
        })
      },
    })
    started(download)
  })
  return { state, to }
}

const CONTENT = Uint8Array.from({ length: 3 * PART_BYTES + 7 }, (_, at) => at % 251)

function ownFiles(...files: File[]): { own: OwnFiles; problems: string[] } {
  const problems: string[] = []
  const own = new OwnFiles((problem) => problem !== undefined && problems.push(problem))
  own.add(files)
  return { own, problems }
}

const sourceOf = (own: OwnFiles, failsAt = Number.POSITIVE_INFINITY, name = 'Bob'): Source => {
  const id = own.offers[0]?.id ?? ''
  const receiver = { id: name, name }
  return {
    async read(at) {
      if (at >= failsAt) throw new LostError()
      return await own.read(id, at, receiver)
    },
    hash: () => own.hash(id, receiver),
  }
}

describe('a download', () => {
  test.each([
    ['of some parts', CONTENT],
    ['without a byte', new Uint8Array()],
  ])('%s has the sender’s SHA-256, and the sender sees its progress', async (_, content) => {
    const { own } = ownFiles(new File([content], 'a'))
    const { state, to } = await downloadFrom(content.length, [sourceOf(own)])
    expect(state).toMatchObject({ kind: 'done', isWhole: true })
    expect(to.bytes).toEqual(content)
    const [receiver] = own.list[0]?.receivers.values() ?? []
    expect(receiver).toMatchObject({ name: 'Bob' })
    expect(receiver?.progress.isOver).toBe(true)
  })

  test('goes on where it was, from whoever offers the file next', async () => {
    const { own } = ownFiles(new File([CONTENT], 'a'))
    const { state, to } = await downloadFrom(CONTENT.length, [
      sourceOf(own, PART_BYTES),
      sourceOf(own, 2 * PART_BYTES),
      sourceOf(own),
    ])
    expect(state).toMatchObject({ kind: 'done', isWhole: true })
    expect(to.bytes).toEqual(CONTENT)
  })

  test('ends if the sender sends something else than it offered', async () => {
    const { own } = ownFiles(new File([CONTENT], 'a'))
    const { state, to } = await downloadFrom(CONTENT.length + 1, [sourceOf(own)])
    expect(state).toMatchObject({
      kind: 'failed',
      reason: { message: 'The sender sent something else than what it offered' },
    })
    expect(to.isAborted).toBe(true)
  })

  test('says so if what arrived is not what was sent', async () => {
    const { own } = ownFiles(new File([CONTENT], 'a'))
    const source = { ...sourceOf(own), hash: async () => 'f'.repeat(64) }
    const { state } = await downloadFrom(CONTENT.length, [source])
    expect(state).toMatchObject({ kind: 'done', isWhole: false })
  })

  test('can be cancelled, also while nobody offers the file', async () => {
    const { state, to } = await downloadFrom(7, [], (download) => download.cancel())
    expect(state.kind).toBe('cancelled')
    expect(to.isAborted).toBe(true)
  })
})

describe('the files that a page offers', () => {
  test('are gone once they are removed, and the receiver is told', async () => {
    const { own } = ownFiles(new File([CONTENT], 'a'))
    const source = sourceOf(own)
    own.remove(own.offers[0]?.id ?? '')
    const { state } = await downloadFrom(CONTENT.length, [source])
    expect(state).toMatchObject({
      kind: 'failed',
      reason: { message: 'The sender no longer offers this file' },
    })
  })

  test('are withdrawn if they can’t be read any more, and both sides are told', async () => {
    const file = new File([CONTENT], 'notes.txt')
    const { own, problems } = ownFiles(file)
    await own.list[0]?.hashed
    const source = sourceOf(own)
    file.slice = () => {
      throw new DOMException('changed', 'NotReadableError')
    }
    const { state } = await downloadFrom(CONTENT.length, [source])
    expect(state).toMatchObject({
      kind: 'failed',
      reason: { message: expect.stringContaining('changed, moved or deleted') },
    })
    expect(problems[0]).toMatch(/^“notes.txt”: The file can’t be read any more: it was changed/u)
    expect(own.offers).toEqual([])
  })

  test('are limited in number, and so are the receivers that are shown', async () => {
    const { own, problems } = ownFiles(...Array.from({ length: MAX_OFFERS + 1 }, () => new File(['x'], 'a')))
    expect(own.offers).toHaveLength(MAX_OFFERS)
    expect(problems[0]).toContain(`${MAX_OFFERS} files at a time`)
    const id = own.offers[0]?.id ?? ''
    for (let at = 0; at < MAX_RECEIVERS + 5; at++) await own.read(id, 0, { id: `${at}`, name: 'Bob' })
    expect(own.list[0]?.receivers.size).toBe(MAX_RECEIVERS)
  })
})
