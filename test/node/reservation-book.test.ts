import { generateKeyPair } from '@libp2p/crypto/keys'
import type { PeerId } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { addressGroup } from '../../src/relay/addresses/address-group.ts'
import { DEFAULT_CIRCUIT_RELAY_LIMITS } from '../../src/node/peer/circuit-relay-limits.ts'
import { ReservationBook } from '../../src/node/peer/reservation-book.ts'

const TTL_MS = 600_000
const HERE = multiaddr('/ip4/192.0.2.1/tcp/1000')
const THERE = multiaddr('/ip4/192.0.2.2/tcp/1000')

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const bookOf = (limits: Partial<typeof DEFAULT_CIRCUIT_RELAY_LIMITS>): ReservationBook =>
  new ReservationBook({ ...DEFAULT_CIRCUIT_RELAY_LIMITS, ...limits }, TTL_MS)

const newPeer = async (): Promise<PeerId> => peerIdFromPrivateKey(await generateKeyPair('Ed25519'))

test('a reservation lasts while it is renewed, and ends when it is not', async () => {
  const book = bookOf({})
  const peer = await newPeer()
  const ended = vi.fn()
  for (let renewals = 0; renewals < 5; renewals += 1) {
    const answer = book.reserve(peer, HERE)
    expect(answer).toEqual({ status: 'OK', expire: Math.floor((Date.now() + TTL_MS) / 1000) })
    if (renewals === 0) book.get(peer)?.signal.addEventListener('abort', ended)
    vi.advanceTimersByTime(TTL_MS * 0.8)
    expect(book.get(peer)?.expiry.getTime()).toBe(Date.now() + TTL_MS * 0.2)
  }
  expect(ended).not.toHaveBeenCalled()
  vi.advanceTimersByTime(TTL_MS * 0.2)
  expect(ended).toHaveBeenCalledOnce()
  expect(book.size).toBe(0)
})

test('after a reservation is given up, nothing of it can end the next one of its peer', async () => {
  const book = bookOf({})
  const peer = await newPeer()
  book.reserve(peer, HERE)
  vi.advanceTimersByTime(TTL_MS / 2)
  book.removeReservation(peer)
  book.reserve(peer, HERE)
  vi.advanceTimersByTime(TTL_MS * 0.75)
  expect(book.size).toBe(1)
  expect(book.get(peer)?.signal.aborted).toBe(false)
})

test('an address has its share of slots, and each free slot goes to the next peer there', async () => {
  const book = bookOf({ reservationsPerAddress: 2 })
  const [first, second, third, other] = [await newPeer(), await newPeer(), await newPeer(), await newPeer()]
  const statusOf = (peer: PeerId, address = HERE): string => book.reserve(peer, address).status
  expect([statusOf(first), statusOf(second), statusOf(third)]).toEqual([
    'OK',
    'OK',
    'RESOURCE_LIMIT_EXCEEDED',
  ])
  expect(statusOf(first)).toBe('OK')
  expect(statusOf(other, THERE)).toBe('OK')
  expect(book.refused).toEqual({ full: 0, address: 1 })

  book.removeReservation(first)
  expect(statusOf(third)).toBe('OK')
  // A peer that asks from another address has moved there.
  expect(statusOf(second, THERE)).toBe('OK')
  expect(statusOf(first)).toBe('OK')
  expect(statusOf(third, THERE)).toBe('RESOURCE_LIMIT_EXCEEDED')
  vi.advanceTimersByTime(TTL_MS)
  expect(book.size).toBe(0)
  expect([statusOf(first), statusOf(second)]).toEqual(['OK', 'OK'])
})

test('a full circuit relay says so, and still renews the reservations that it has granted', async () => {
  const book = bookOf({ reservations: 1 })
  const [first, second] = [await newPeer(), await newPeer()]
  expect(book.reserve(first, HERE).status).toBe('OK')
  expect(book.reserve(second, THERE).status).toBe('RESERVATION_REFUSED')
  expect(book.reserve(first, THERE).status).toBe('OK')
  expect(book.refused).toEqual({ full: 1, address: 0 })
})

test('circuits have the configured limits, and none where they are 0', async () => {
  const peer = await newPeer()
  const limitOf = (circuitBytes: number, circuitMs: number): unknown => {
    const book = bookOf({ circuitBytes, circuitMs })
    book.reserve(peer, HERE)
    return book.get(peer)?.limit
  }
  expect(limitOf(10, 2_000)).toEqual({ data: 10n, duration: 2_000 })
  expect(limitOf(0, 2_000)).toEqual({ duration: 2_000 })
  expect(limitOf(10, 0)).toEqual({ data: 10n })
  expect(limitOf(0, 0)).toBeUndefined()
})

test.each([
  ['/ip4/192.0.2.1/tcp/1', '192.0.2.1'],
  ['/ip4/192.0.2.1/udp/1/webrtc-direct', '192.0.2.1'],
  ['/ip6/::ffff:192.0.2.1/tcp/1', '192.0.2.1'],
  ['/ip6/2001:db8:1:2:3:4:5:6/tcp/1', '2001:db8:1:2::/64'],
  ['/ip6/2001:db8:1:2::6/tcp/2/ws', '2001:db8:1:2::/64'],
  ['/ip6/2001:db8::6/tcp/2/ws', '2001:db8:0:0::/64'],
  ['/ip6zone/eth0/ip6/fe80::1/tcp/2', 'fe80:0:0:0::/64'],
  ['/ip6/::1/tcp/1', '0:0:0:0::/64'],
  ['/dns4/peer.example/tcp/1', 'peer.example'],
])('%s counts towards %s', (address, group) => {
  expect(addressGroup(multiaddr(address))).toBe(group)
})
