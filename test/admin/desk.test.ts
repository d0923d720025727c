import '../support/polyfill.ts'
import { expect, test } from 'vitest'
import type { DeskSettings, OperatorQuestion, OperatorResponse } from '../../src/admin/index.ts'
import {
  Desk,
  Inspector,
  emptySettings,
  encodeOperatorMessage,
  readOperatorResponse,
} from '../../src/admin/index.ts'
import { makeRelay } from '../support/peers.ts'

function visit(settings?: DeskSettings) {
  const inspector = new Inspector()
  const desk = new Desk({
    inspector,
    status: () => makeRelay().status(),
    ...(settings === undefined ? {} : { settings }),
  })
  const told: OperatorResponse[] = []
  const calls: string[] = []
  let keepsUp = true
  const handlers = desk.accept(
    {
      send(message) {
        const response = readOperatorResponse(message)
        if (response !== undefined) told.push(response)
        return keepsUp
      },
      pause: () => calls.push('pause'),
      resume: () => calls.push('resume'),
      close: (code) => calls.push(`close ${code}`),
    },
    'tab 1',
  )
  return {
    handlers,
    calls,
    told,
    fill: () => {
      keepsUp = false
    },
    ask: async (question: OperatorQuestion): Promise<OperatorResponse | undefined> => {
      await handlers.message(encodeOperatorMessage({ id: told.length, question }))
      return told.at(-1)
    },
  }
}

test('a desk says how the peer is, and records messages when it is asked to', async () => {
  const { ask } = visit()
  expect(await ask({ type: 'report' })).toMatchObject({
    ok: true,
    answer: { recording: false, maySet: false },
  })
  expect(await ask({ type: 'record', on: true, forget: false })).toMatchObject({
    ok: true,
    answer: { recording: true },
  })
  expect(await ask({ type: 'messages', from: 0 })).toMatchObject({
    ok: true,
    answer: { records: [], next: 0 },
  })
})

test('a desk without settings says where they are', async () => {
  const { ask } = visit()
  const refused = { ok: false, message: 'this peer is set up by the flags of its command' }
  expect(await ask({ type: 'settings' })).toMatchObject(refused)
  expect(await ask({ type: 'restart' })).toMatchObject(refused)
})

test('a desk passes on what went wrong, in the words of who tried', async () => {
  const report = {
    settings: emptySettings(),
    offered: { ...emptySettings(), reservations: 2 },
    needsRestart: false,
  }
  const { ask } = visit({
    read: () => Promise.resolve(report),
    save: () => Promise.reject(new Error('"x" is not a multiaddr')),
    setIdentity: (key) => Promise.resolve(`peer of ${key}`),
    forgetDamagedKeys: async () => undefined,
    restart: () => undefined,
    forget: () => Promise.resolve(),
  })
  expect(await ask({ type: 'settings' })).toMatchObject({ ok: true, answer: report })
  expect(await ask({ type: 'saveSettings', settings: emptySettings() })).toMatchObject({
    ok: false,
    message: '"x" is not a multiaddr',
  })
  expect(await ask({ type: 'setIdentity', key: 'k' })).toMatchObject({ answer: { peer: 'peer of k' } })
})

test('a desk closes the socket of who asks nonsense, and answers nobody who has left', async () => {
  for (const nonsense of [
    'text',
    new Uint8Array([1, 2]),
    new TextEncoder().encode('{"id":1,"question":{}}'),
  ]) {
    const { handlers, calls, told } = visit()
    await handlers.message(nonsense)
    expect(calls).toEqual(['close 1008'])
    expect(told).toEqual([])
  }
  const { handlers, told } = visit()
  const answered = handlers.message(encodeOperatorMessage({ id: 1, question: { type: 'report' } }))
  handlers.closed({ code: 1000 })
  await answered
  expect(told).toEqual([])
})

test('a desk reads no further question from who does not take the answers', async () => {
  const { ask, fill, calls, handlers } = visit()
  fill()
  await ask({ type: 'report' })
  expect(calls).toEqual(['pause'])
  handlers.drain()
  expect(calls).toEqual(['pause', 'resume'])
})
