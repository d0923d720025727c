import '../support/polyfill.ts'
import { expect, test } from 'vitest'
import type { AdminSettings, AdminQuestion, AdminResponse } from '../../src/admin/index.ts'
import {
  AdminEndpoint,
  Recorder,
  emptySettings,
  encodeAdminMessage,
  readAdminResponse,
} from '../../src/admin/index.ts'
import { makeRelay } from '../support/peers.ts'

function openEndpoint(settings?: AdminSettings) {
  const recorder = new Recorder()
  const admin = new AdminEndpoint({
    recorder,
    status: () => makeRelay().status(),
    ...(settings === undefined ? {} : { settings }),
  })
  const answers: AdminResponse[] = []
  const calls: string[] = []
  let takesAnswers = true
  const handlers = admin.accept(
    {
      send(message) {
        const response = readAdminResponse(message)
        if (response !== undefined) answers.push(response)
        return takesAnswers
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
    answers,
    stopReading: () => {
      takesAnswers = false
    },
    ask: async (question: AdminQuestion): Promise<AdminResponse | undefined> => {
      await handlers.message(encodeAdminMessage({ id: answers.length, question }))
      return answers.at(-1)
    },
  }
}

test('the admin endpoint reports the status of the peer, and records messages on request', async () => {
  const { ask } = openEndpoint()
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

test('the admin endpoint refuses settings, and says where they are, if the host has none', async () => {
  const { ask } = openEndpoint()
  const refused = { ok: false, message: 'This peer is configured by the flags of its command.' }
  expect(await ask({ type: 'settings' })).toMatchObject(refused)
  expect(await ask({ type: 'restart' })).toMatchObject(refused)
})

test('the admin endpoint answers a failed request with the message of its error', async () => {
  const report = {
    settings: emptySettings(),
    offered: { ...emptySettings(), reservations: 2 },
    needsRestart: false,
  }
  const { ask } = openEndpoint({
    read: () => Promise.resolve(report),
    save: () => Promise.reject(new Error('"x" is not a multiaddr')),
    setIdentity: (key) => Promise.resolve(`peer of ${key}`),
    forgetDamagedKeys: async () => undefined,
    shutDown: () => undefined,
    eraseAndShutDown: () => Promise.resolve(),
  })
  expect(await ask({ type: 'settings' })).toMatchObject({ ok: true, answer: report })
  expect(await ask({ type: 'saveSettings', settings: emptySettings() })).toMatchObject({
    ok: false,
    message: '"x" is not a multiaddr',
  })
  expect(await ask({ type: 'setIdentity', key: 'k' })).toMatchObject({ answer: { peer: 'peer of k' } })
})

test('the admin endpoint closes the socket on an invalid request, and sends nothing to a client that has left', async () => {
  for (const nonsense of [
    'text',
    new Uint8Array([1, 2]),
    new TextEncoder().encode('{"id":1,"question":{}}'),
  ]) {
    const { handlers, calls, answers } = openEndpoint()
    await handlers.message(nonsense)
    expect(calls).toEqual(['close 1008'])
    expect(answers).toEqual([])
  }
  const { handlers, answers } = openEndpoint()
  const answered = handlers.message(encodeAdminMessage({ id: 1, question: { type: 'report' } }))
  handlers.closed({ code: 1000 })
  await answered
  expect(answers).toEqual([])
})

test('the admin endpoint pauses a client that does not read its answers', async () => {
  const { ask, stopReading, calls, handlers } = openEndpoint()
  stopReading()
  await ask({ type: 'report' })
  expect(calls).toEqual(['pause'])
  handlers.drain()
  expect(calls).toEqual(['pause', 'resume'])
})
