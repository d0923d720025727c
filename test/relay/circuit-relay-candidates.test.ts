import { multiaddr } from '@multiformats/multiaddr'
import { expect, test } from 'vitest'
import type { CircuitRelayCandidate } from '../../src/relay/reservations/circuit-relay-candidates.ts'
import { CircuitRelayCandidates } from '../../src/relay/reservations/circuit-relay-candidates.ts'
import { retryAtMs } from '../../src/relay/reservations/retry.ts'
import type { RelayError } from '../../src/status/index.ts'

const at = (port: number) => [multiaddr(`/ip4/127.0.0.1/tcp/${port}`)]

test('the best source is tried first, then the fewest failures, then what is known longest', () => {
  const candidates = new CircuitRelayCandidates()
  candidates.offer('found', 'found', at(1))
  candidates.offer('connected', 'connected', at(2))
  candidates.offer('kept', 'kept', at(3))
  candidates.offer('named', 'named', at(4))
  candidates.offer('named too', 'named', at(5))
  const order: (string | undefined)[] = []
  for (let best = candidates.best(0); best !== undefined; best = candidates.best(0)) {
    order.push(best.relay)
    best.state = { kind: 'trying', sinceMs: 0 }
  }
  expect(order).toEqual(['named', 'named too', 'kept', 'connected', 'found'])
})

test('one that failed comes after one that did not, and none before its time', () => {
  const candidates = new CircuitRelayCandidates()
  candidates.offer('failed', 'named', at(1))
  candidates.offer('fresh', 'named', at(2))
  const failed = candidates.get('failed')
  if (failed === undefined) throw new Error('it is not known')
  failed.failures = 1
  expect(candidates.best(0)?.relay).toBe('fresh')
  candidates.delete('fresh')
  failed.notBeforeMs = 100
  expect(candidates.best(99)).toBeUndefined()
  expect(candidates.best(100)?.relay).toBe('failed')
})

test('the better source holds, with its addresses', () => {
  const candidates = new CircuitRelayCandidates()
  candidates.offer('relay', 'connected', at(1))
  candidates.offer('relay', 'named', at(2))
  candidates.offer('relay', 'kept', at(3))
  expect(candidates.get('relay')).toMatchObject({ source: 'named', addresses: at(2) })
})

test('what is not named any more goes, unless it serves', () => {
  const candidates = new CircuitRelayCandidates()
  candidates.offer('serves', 'named', at(1))
  candidates.offer('waits', 'named', at(2))
  const serves = candidates.get('serves')
  if (serves !== undefined) serves.state = { kind: 'held', sinceMs: 0 }
  candidates.retainNamed(new Set())
  expect([...candidates].map(({ relay, source }) => [relay, source])).toEqual([['serves', 'kept']])
})

test('a full list takes nothing but what is named', () => {
  const candidates = new CircuitRelayCandidates(2)
  for (const relay of ['one', 'two', 'three']) candidates.offer(relay, 'found', at(1))
  candidates.offer('four', 'named', at(1))
  expect([...candidates].map(({ relay }) => relay)).toEqual(['one', 'two', 'four'])
})

/** Expects a relay to be left alone for so many seconds after each of these failures in a row, or at least for half of them. */
function expectWaits(
  source: CircuitRelayCandidate['source'],
  kind: RelayError['kind'],
  waits: [failures: number, seconds: number][],
): void {
  const candidates = new CircuitRelayCandidates()
  candidates.offer('relay', source, at(1))
  const [candidate] = candidates
  if (candidate === undefined) throw new Error('it is not known')
  candidate.lastError = { kind, message: '', atMs: 0 }
  for (const [failures, seconds] of waits) {
    candidate.failures = failures
    const waited = retryAtMs(candidate, true, 0) / 1_000
    expect(waited, `${kind}, ${failures} failures`).toBeLessThanOrEqual(seconds)
    expect(waited, `${kind}, ${failures} failures`).toBeGreaterThanOrEqual(seconds / 2)
  }
}

test('a named relay that is down is tried every three seconds, and one that lies once a minute at last', () => {
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

test('a peer that only claims to be a relay is left alone from its first refusal on', () => {
  expectWaits('connected', 'refused', [
    [1, 10],
    [2, 20],
    [3, 40],
    [20, 600],
  ])
  expectWaits('found', 'untrue', [[1, 10]])
})
