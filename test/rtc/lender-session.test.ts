import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createBorrowedRtc, LenderLostError, lendWebRTC, NO_LENDER, TAB_CLOSED } from '../../src/rtc/index.ts'
import { until } from '../support/until.ts'

test('a tab counts from its offer to lend until it is removed', async () => {
  const { port1, port2 } = new MessageChannel()
  const borrowed = createBorrowedRtc()
  const counts: number[] = []
  borrowed.onlenderschange = () => counts.push(borrowed.lenderCount)
  const lender = borrowed.addLender(port1)
  expect(borrowed.lenderCount).toBe(0)
  port2.postMessage({ type: 'lend', version: 1 })
  await until('the tab to count', () => borrowed.lenderCount === 1)
  lender.remove()
  expect(counts).toEqual([1, 0])
})

test('a tab without WebRTC never counts, and says why', async () => {
  const { port1, port2 } = new MessageChannel()
  const said = new Promise((resolve) => {
    port1.addEventListener('message', ({ data }: MessageEvent<unknown>) => resolve(data))
    port1.start()
  })
  lendWebRTC(port2, { pump: '/rtc-pump.js' }).setVisible(false)
  expect(await said).toEqual({ type: 'unable', reason: 'this browser has no WebRTC' })
  port1.close()
})

test('a tab with another version of the protocol is not used', async () => {
  const { port1, port2 } = new MessageChannel()
  const borrowed = createBorrowedRtc()
  borrowed.addLender(port1)
  port2.postMessage({ type: 'lend', version: 2 })
  await until('the message to be counted', () => borrowed.ignored === 1)
  expect(() => new borrowed.RTCPeerConnection()).toThrow(NO_LENDER)
  port2.close()
})

test('an aborted signal stops lending immediately', async () => {
  const { port1, port2 } = new MessageChannel()
  const said: unknown[] = []
  port1.addEventListener('message', ({ data }: MessageEvent<unknown>) => said.push(data))
  port1.start()
  lendWebRTC(port2, { pump: '/rtc-pump.js', signal: AbortSignal.abort() })
  await until('the last message', () => said.length === 2)
  expect(said[1]).toEqual({ type: 'stopped', reason: 'the tab that carried this connection was closed' })
})

test.each([undefined, 'other words', ''])(
  "the loss of a tab is recognised by the error's class, not its text: %o",
  async (reason) => {
    const { port1, port2 } = new MessageChannel()
    const borrowed = createBorrowedRtc()
    const lender = borrowed.addLender(port1)
    port2.postMessage({ type: 'lend', version: 1 })
    await until('the tab to lend', () => borrowed.lenderCount === 1)
    const pc = new borrowed.RTCPeerConnection()
    const failed = new Promise<RTCErrorEvent>((resolve) => {
      pc.createDataChannel('x').onerror = resolve
    })
    const offer = pc.createOffer().catch((error: unknown) => error)
    const certificate = borrowed.RTCPeerConnection.generateCertificate({ name: 'ECDSA' }).catch(
      (error: unknown) => error,
    )
    if (reason === undefined) lender.remove()
    else lender.remove(reason)
    for (const error of [(await failed).error, await offer, await certificate]) {
      expect(error).toBeInstanceOf(LenderLostError)
      expect(error).toMatchObject({ name: 'OperationError', message: reason ?? TAB_CLOSED })
    }
    port2.close()
  },
)

test('a failure of the connection itself is not the loss of a tab', async () => {
  const { port1, port2 } = new MessageChannel()
  const borrowed = createBorrowedRtc()
  borrowed.addLender(port1)
  port2.postMessage({ type: 'lend', version: 1 })
  await until('the tab to lend', () => borrowed.lenderCount === 1)
  const offer = new borrowed.RTCPeerConnection().createOffer().catch((error: unknown) => error)
  port2.postMessage({
    type: 'refused',
    pc: 0,
    error: { kind: 'dom', name: 'OperationError', message: TAB_CLOSED },
  })
  const error = await offer
  expect(error).toMatchObject({ name: 'OperationError', message: TAB_CLOSED })
  expect(error).not.toBeInstanceOf(LenderLostError)
  port2.close()
})

test('whatever a tab posts, in any order, nothing throws and no connection of another tab is disturbed', async () => {
  const good = new MessageChannel()
  const borrowed = createBorrowedRtc()
  borrowed.addLender(good.port1)
  good.port2.postMessage({ type: 'lend', version: 1 })
  await until('the good tab', () => borrowed.lenderCount === 1)
  const pc = new borrowed.RTCPeerConnection()
  const pending = pc.createOffer().catch((error: unknown) => error)
  const types = fc.constantFrom(
    'created',
    'refused',
    'result',
    'event',
    'certified',
    'uncertified',
    'visible',
  )
  const message = fc.record({
    type: types,
    pc: fc.nat(3),
    call: fc.nat(3),
    state: fc.anything(),
    outcome: fc.anything(),
    error: fc.constant({ kind: 'type', message: 'no' }),
  })
  const cloneable = fc.array(message, { maxLength: 20 }).map((list) =>
    list.filter((item) => {
      try {
        structuredClone(item)
        return true
      } catch {
        return false
      }
    }),
  )
  await fc.assert(
    fc.asyncProperty(cloneable, async (list) => {
      const bad = new MessageChannel()
      const lender = borrowed.addLender(bad.port1)
      const before = borrowed.ignored
      for (const item of list) bad.port2.postMessage(item)
      await until('all messages to be counted', () => borrowed.ignored === before + list.length)
      lender.remove()
    }),
    { numRuns: 20 },
  )
  expect(pc.connectionState).toBe('new')
  good.port2.postMessage({ type: 'stopped', reason: 'enough' })
  expect(await pending).toMatchObject({ name: 'OperationError', message: 'enough' })
  expect(pc.connectionState).toBe('closed')
})
