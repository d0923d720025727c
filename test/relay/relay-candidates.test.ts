import { multiaddr } from '@multiformats/multiaddr'
import { expect, test } from 'vitest'
import { RelayCandidates } from '../../src/relay/relay-candidates.ts'

const at = (port: number) => [multiaddr(`/ip4/127.0.0.1/tcp/${port}`)]

test('the best source is tried first, then the fewest failures, then what is known longest', () => {
  const candidates = new RelayCandidates()
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
  const candidates = new RelayCandidates()
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
  const candidates = new RelayCandidates()
  candidates.offer('relay', 'connected', at(1))
  candidates.offer('relay', 'named', at(2))
  candidates.offer('relay', 'kept', at(3))
  expect(candidates.get('relay')).toMatchObject({ source: 'named', addresses: at(2) })
})

test('what is not named any more goes, unless it serves', () => {
  const candidates = new RelayCandidates()
  candidates.offer('serves', 'named', at(1))
  candidates.offer('waits', 'named', at(2))
  const serves = candidates.get('serves')
  if (serves !== undefined) serves.state = { kind: 'held', sinceMs: 0 }
  candidates.retainNamed(new Set())
  expect([...candidates].map(({ relay, source }) => [relay, source])).toEqual([['serves', 'kept']])
})

test('a full list takes nothing but what is named', () => {
  const candidates = new RelayCandidates(2)
  for (const relay of ['one', 'two', 'three']) candidates.offer(relay, 'found', at(1))
  candidates.offer('four', 'named', at(1))
  expect([...candidates].map(({ relay }) => relay)).toEqual(['one', 'two', 'four'])
})
