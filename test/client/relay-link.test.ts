import { afterEach, beforeEach, expect, test } from 'vitest'
import type { RelayLinkState } from '../../src/client/index.ts'
import { RelayLink, connect } from '../../src/client/index.ts'
import { until } from '../support/until.ts'
import type { ScriptedRelay } from './scripted-relay.ts'
import { WebSocket, startScriptedRelay } from './scripted-relay.ts'

let controller: AbortController
let relay: ScriptedRelay
let states: RelayLinkState[]

beforeEach(async () => {
  controller = new AbortController()
  relay = await startScriptedRelay()
  states = []
})

afterEach(async () => {
  controller.abort()
  await relay.close()
})

const changed = (state: RelayLinkState): void => {
  states.push(state)
}

const seen = (kind: RelayLinkState['kind'], count = 1): Promise<RelayLinkState[]> =>
  until(`${count} times ${kind}`, () => {
    const found = states.filter((state) => state.kind === kind)
    return found.length >= count ? found : undefined
  })

test('a lost link connects again', async () => {
  const link = new RelayLink({
    connect: (signal) => connect(relay.url, { WebSocket, signal }),
    changed,
    signal: controller.signal,
    minRetryMs: 1,
  })
  await seen('connected')
  relay.socket().terminate()
  const [waiting] = await seen('waiting')
  expect(waiting).toMatchObject({ attempt: 1, error: { message: expect.stringContaining('lost') as string } })
  link.retry()
  await seen('connected', 2)
  expect(states.map((state) => state.kind)).toEqual([
    'connecting',
    'connected',
    'waiting',
    'connecting',
    'connected',
  ])
})

test('pauses grow to their limit while the relay does not answer', async () => {
  let attempts = 0
  const link = new RelayLink({
    connect: () => Promise.reject(new Error(`attempt ${++attempts} failed`)),
    changed,
    signal: controller.signal,
    minRetryMs: 1000,
    maxRetryMs: 5000,
    random: () => 1,
  })
  for (let count = 1; count <= 5; count++) {
    await seen('waiting', count)
    link.retry()
  }
  const waiting = states.filter((state) => state.kind === 'waiting')
  expect(waiting.slice(0, 5).map((state) => state.retryMs)).toEqual([1000, 2000, 4000, 5000, 5000])
  expect(waiting[0]?.error.message).toBe('attempt 1 failed')
})

test('an aborted link closes its client, and its last state is stopped', async () => {
  const link = new RelayLink({
    connect: (signal) => connect(relay.url, { WebSocket, signal }),
    changed,
    signal: controller.signal,
  })
  await seen('connected')
  controller.abort()
  link.retry()
  await seen('stopped')
  await until('the socket to be closed', () => relay.socket().readyState === WebSocket.CLOSED)
  expect(states.map((state) => state.kind)).toEqual(['connecting', 'connected', 'stopped'])
})
