import { multiaddr } from '@multiformats/multiaddr'
import { expect, test } from 'vitest'
import type { CircuitRelayCandidate } from '../../src/relay/reservations/circuit-relay-candidates.ts'
import { CircuitRelayCandidates } from '../../src/relay/reservations/circuit-relay-candidates.ts'
import { retryAtMs } from '../../src/relay/reservations/retry.ts'
import type { ReservationFailure } from '../../src/status/index.ts'

const at = (port: number) => [multiaddr(`/ip4/127.0.0.1/tcp/${port}`)]

test('candidates are tried by the trust in their source, then by fewest failures, then by how long they have been known', () => {
  const candidates = new CircuitRelayCandidates()
  candidates.offer('found', 'found', at(1))
  candidates.offer('connected', 'connected', at(2))
  candidates.offer('kept', 'kept', at(3))
  candidates.offer('named', 'named', at(4))
  candidates.offer('named too', 'named', at(5))
  const order: (string | undefined)[] = []
  for (let best = candidates.best(0); best !== undefined; best = candidates.best(0)) {
    order.push(best.id)
    best.state = { kind: 'trying', sinceMs: 0 }
  }
  expect(order).toEqual(['named', 'named too', 'kept', 'connected', 'found'])
})

test('a candidate that failed comes after one that did not, and is not tried again too early', () => {
  const candidates = new CircuitRelayCandidates()
  candidates.offer('failed', 'named', at(1))
  candidates.offer('fresh', 'named', at(2))
  const failed = candidates.get('failed')
  if (failed === undefined) throw new Error('the candidate is unknown')
  failed.failures = 1
  expect(candidates.best(0)?.id).toBe('fresh')
  candidates.delete('fresh')
  failed.notBeforeMs = 100
  expect(candidates.best(99)).toBeUndefined()
  expect(candidates.best(100)?.id).toBe('failed')
})

test("a candidate's most trusted source counts, with the addresses from that source", () => {
  const candidates = new CircuitRelayCandidates()
  candidates.offer('relay', 'connected', at(1))
  candidates.offer('relay', 'named', at(2))
  candidates.offer('relay', 'kept', at(3))
  expect(candidates.get('relay')).toMatchObject({ source: 'named', addresses: at(2) })
})

test('a candidate that no source names any more is dropped, unless it holds a reservation', () => {
  const candidates = new CircuitRelayCandidates()
  candidates.offer('serves', 'named', at(1))
  candidates.offer('waits', 'named', at(2))
  const serves = candidates.get('serves')
  if (serves !== undefined) serves.state = { kind: 'held', sinceMs: 0 }
  candidates.retainNamed(new Set())
  expect([...candidates].map(({ id, source }) => [id, source])).toEqual([['serves', 'kept']])
})

test('a full list accepts only named circuit relays', () => {
  const candidates = new CircuitRelayCandidates(2)
  for (const relay of ['one', 'two', 'three']) candidates.offer(relay, 'found', at(1))
  candidates.offer('four', 'named', at(1))
  expect([...candidates].map(({ id }) => id)).toEqual(['one', 'two', 'four'])
})

/** Expects the delay after so many failures in a row to be between half of `seconds` and `seconds`. */
function expectWaits(
  source: CircuitRelayCandidate['source'],
  kind: ReservationFailure['kind'],
  waits: [failures: number, seconds: number][],
): void {
  const candidates = new CircuitRelayCandidates()
  candidates.offer('relay', source, at(1))
  const [candidate] = candidates
  if (candidate === undefined) throw new Error('the candidate is unknown')
  candidate.lastError = { kind, message: '', atMs: 0 }
  for (const [failures, seconds] of waits) {
    candidate.failures = failures
    const waited = retryAtMs(candidate, true, 0) / 1_000
    expect(waited, `${kind}, ${failures} failures`).toBeLessThanOrEqual(seconds)
    expect(waited, `${kind}, ${failures} failures`).toBeGreaterThanOrEqual(seconds / 2)
  }
}

test('a named circuit relay is retried at least every three seconds if it is down, and once a minute if it lies', () => {
  expectWaits('named', 'unreachable', [
    [1, 0],
    [2, 0.5],
    [4, 2],
    [20, 3],
  ])
  expectWaits('named', 'untrue', [
    [1, 0],
    [2, 0.5],
    [5, 4],
    [8, 32],
    [20, 60],
  ])
})

test('a peer that only claims to be a circuit relay is left alone after its first refusal', () => {
  expectWaits('connected', 'refused', [
    [1, 10],
    [2, 20],
    [3, 40],
    [20, 600],
  ])
  expectWaits('found', 'untrue', [[1, 10]])
})
