import { describe, expect, test } from 'vitest'
import { Inspector } from '../../src/admin/index.ts'
import type { ClientMessage, ServerMessage } from '../../src/protocol/index.ts'
import { decodeServerMessage, encodeClientMessage, encodeServerMessage } from '../../src/protocol/index.ts'
import type { ControlSocket } from '../../src/relay/index.ts'

/** A client that goes through an inspector: what it says, what it is told, and what arrived of both. */
function tapped(inspector: Inspector, name = 'tab 1') {
  const arrived: { out: Uint8Array[]; in: (Uint8Array | string)[] } = { out: [], in: [] }
  let keepsUp = true
  let relayEnd: ControlSocket | undefined
  const handlers = inspector.tap(
    {
      send(message) {
        // As a host may: the buffer is given away.
        arrived.out.push(new Uint8Array(structuredClone(message.buffer, { transfer: [message.buffer] })))
        return keepsUp
      },
      pause: () => undefined,
      resume: () => undefined,
      close: () => undefined,
    },
    name,
    (socket) => {
      relayEnd = socket
      return {
        message: (data) => {
          arrived.in.push(data)
        },
        drain: () => undefined,
        closed: () => undefined,
      }
    },
  )
  return {
    arrived,
    says: (message: ClientMessage): void => void handlers.message(encodeClientMessage(message)),
    saysText: (text: string): void => void handlers.message(text),
    isTold: (message: ServerMessage) => relayEnd?.send(encodeServerMessage(message)),
    set keepsUp(value: boolean) {
      keepsUp = value
    },
  }
}

const bytesOf = (head: string): Uint8Array => Uint8Array.from(atob(head), (letter) => letter.charCodeAt(0))
const stop = (protocol: string): ClientMessage => ({ type: 'stop', retain: false, protocol })

describe('an inspector', () => {
  test('that is off keeps nothing, and lets everything pass', () => {
    const inspector = new Inspector()
    const client = tapped(inspector)
    client.says(stop('/x/a'))
    expect(client.isTold({ type: 'hello', started: true })).toBe(true)
    client.keepsUp = false
    expect(client.isTold({ type: 'hello', started: true })).toBe(false)
    expect(client.arrived.in).toHaveLength(1)
    expect(client.arrived.out).toHaveLength(2)
    expect(inspector.batch(0).records).toEqual([])
    expect(inspector.carried).toEqual({ received: 4, sent: 6 })
  })

  test('records what passes in both directions, of all clients, in order', () => {
    const inspector = new Inspector({}, () => 5)
    inspector.record(true)
    const one = tapped(inspector, 'tab 1')
    const two = tapped(inspector, 'tab 2')
    one.says(stop('/x/a'))
    two.isTold({ type: 'hello', started: false })
    two.saysText('héllo')
    const { records, next } = inspector.batch(0)
    expect(records.map(({ client, direction, size, text }) => [client, direction, size, text])).toEqual([
      ['tab 1', 'in', encodeClientMessage(stop('/x/a')).byteLength, false],
      ['tab 2', 'out', 2, false],
      ['tab 2', 'in', 6, true],
    ])
    expect(records[0]?.time).toBe(5)
    expect(bytesOf(records[0]?.head ?? '')).toEqual(encodeClientMessage(stop('/x/a')))
    expect(next).toBe(3)
    expect(one.arrived.in).toEqual([encodeClientMessage(stop('/x/a'))])
  })

  test('never holds a private key, given or told, and leaves it in the message', () => {
    const inspector = new Inspector()
    inspector.record(true)
    const client = tapped(inspector)
    client.says({ type: 'start', key: 'c2VjcmV0' })
    const identify: ServerMessage = {
      type: 'identify',
      public: true,
      peer: 'me',
      addresses: ['/x'],
      key: 'c2VjcmV0',
    }
    client.isTold(identify)
    const heads = inspector.batch(0).records.map(({ head }) => bytesOf(head))
    for (const head of heads) expect(new TextDecoder().decode(head)).not.toContain('c2Vj')
    expect(decodeServerMessage(heads[1] ?? new Uint8Array())).toEqual({ ...identify, key: '' })
    expect(inspector.batch(0).records[1]?.size).toBe(encodeServerMessage(identify).byteLength)
    expect(decodeServerMessage(client.arrived.out[0] ?? new Uint8Array())).toEqual(identify)
  })

  test('drops the oldest past its number of records, and past its bytes', () => {
    const few = new Inspector({ maxRecords: 2 })
    few.record(true)
    const client = tapped(few)
    for (const protocol of ['/a', '/b', '/c']) client.says(stop(protocol))
    expect(few.batch(0).records.map(({ number }) => number)).toEqual([1, 2])
    const small = new Inspector({ maxKeptBytes: 25, maxDataHeadBytes: 10 })
    small.record(true)
    const sender = tapped(small)
    for (let id = 0n; id < 5n; id++) sender.says({ type: 'data', id, data: new Uint8Array(100) })
    expect(small.batch(0).records.map(({ number, size }) => [number, size])).toEqual([
      [3, 109],
      [4, 109],
    ])
    expect(bytesOf(small.batch(0).records[0]?.head ?? '')).toHaveLength(10)
  })

  test('gives batches that go on where the last one ended, also when records have gone meanwhile', () => {
    const inspector = new Inspector({ maxBatch: 2, maxRecords: 4 })
    inspector.record(true)
    const client = tapped(inspector)
    for (const protocol of ['/a', '/b', '/c', '/d', '/e']) client.says(stop(protocol))
    const first = inspector.batch(0)
    expect(first.records.map(({ number }) => number)).toEqual([1, 2])
    const second = inspector.batch(first.next)
    expect(second.records.map(({ number }) => number)).toEqual([3, 4])
    expect(inspector.batch(second.next)).toMatchObject({ records: [], next: 5 })
    inspector.forget()
    client.says(stop('/f'))
    expect(inspector.batch(0).records.map(({ number }) => number)).toEqual([5])
    inspector.record(false)
    client.says(stop('/g'))
    expect(inspector.batch(0).records).toHaveLength(1)
  })
})
