import { generateKeyPair } from '@libp2p/crypto/keys'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { RendezvousBook } from '../../src/node/peer/rendezvous-book.ts'
import { DEFAULT_RENDEZVOUS_LIMITS } from '../../src/node/peer/rendezvous-limits.ts'
import type { SignedRecord } from '../../src/relay/rendezvous/signed-record.ts'
import { openSignedRecord } from '../../src/relay/rendezvous/signed-record.ts'
import { recordOf } from '../support/rendezvous.ts'

let nowMs = 0
beforeEach(() => {
  nowMs = 1_000
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs)
})
afterEach(() => {
  vi.restoreAllMocks()
})

const NAMESPACE = 'tea'

async function makeRecord(): Promise<SignedRecord> {
  return await openSignedRecord(await recordOf(await generateKeyPair('Ed25519'), ['/ip4/127.0.0.1/tcp/1']))
}

/** A book with one registration for two minutes. */
async function makeBook(
  isTied: boolean,
): Promise<{ book: RendezvousBook; peer: string; record: SignedRecord }> {
  const book = new RendezvousBook(DEFAULT_RENDEZVOUS_LIMITS)
  const record = await makeRecord()
  book.register({ namespace: NAMESPACE, record, ttlSeconds: 120, group: '127.0.0.1', isTied })
  return { book, record, peer: record.peer.toString() }
}

test('a registration ends when its time is over, unless it is renewed', async () => {
  const { book, record } = await makeBook(false)
  nowMs += 60_000
  expect(book.discover(NAMESPACE, 10).registrations).toMatchObject([{ ttlSeconds: 60 }])
  book.register({ namespace: NAMESPACE, record, ttlSeconds: 120, group: '127.0.0.1', isTied: false })
  nowMs += 119_000
  expect(book.discover(NAMESPACE, 10).registrations.length).toBe(1)
  nowMs += 1_000
  expect(book.discover(NAMESPACE, 10).registrations).toEqual([])
  expect(book.size).toBe(1)
  book.sweep()
  expect([book.size, book.namespaces]).toEqual([0, 0])
})

test('a registration through the circuit relay itself ends a minute after its peer has left', async () => {
  const { book, peer } = await makeBook(true)
  book.left(peer)
  nowMs += 59_000
  book.sweep()
  expect(book.size).toBe(1)
  nowMs += 1_000
  book.sweep()
  expect(book.size).toBe(0)
})

test('it stays if its peer returns in time', async () => {
  const { book, peer } = await makeBook(true)
  book.left(peer)
  nowMs += 30_000
  book.returned(peer)
  nowMs += 60_000
  book.sweep()
  expect(book.discover(NAMESPACE, 10).registrations).toMatchObject([{ ttlSeconds: 30 }])
})

test('a registration with other addresses stays after its peer has left', async () => {
  const { book, peer } = await makeBook(false)
  book.left(peer)
  nowMs += 100_000
  book.sweep()
  expect(book.size).toBe(1)
})
