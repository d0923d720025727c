import { describe, expect, test } from 'vitest'
import { Recorder } from '../../src/admin/index.ts'
import type { ClientMessage, ServerMessage } from '../../src/protocol/index.ts'
import { decodeServerMessage, encodeClientMessage, encodeServerMessage } from '../../src/protocol/index.ts'
import type { ControlSocket } from '../../src/relay/index.ts'

/** Connects a client through a recorder, and collects what arrives at either end. */
function tapped(recorder: Recorder, name = 'tab 1') {
  const arrived: { out: Uint8Array[]; in: (Uint8Array | string)[] } = { out: [], in: [] }
  let hasRoom = true
  let relayEnd: ControlSocket | undefined
  const handlers = recorder.tap(
    {
      send(message) {
        // Like some hosts, this one transfers the buffer.
        arrived.out.push(new Uint8Array(structuredClone(message.buffer, { transfer: [message.buffer] })))
        return hasRoom
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
    sends: (message: ClientMessage): void => void handlers.message(encodeClientMessage(message)),
    sendsText: (text: string): void => void handlers.message(text),
    receives: (message: ServerMessage) => relayEnd?.send(encodeServerMessage(message)),
    set hasRoom(value: boolean) {
      hasRoom = value
    },
  }
}

const bytesOf = (head: string): Uint8Array => Uint8Array.from(atob(head), (letter) => letter.charCodeAt(0))
const stop = (protocol: string): ClientMessage => ({ type: 'stop', retain: false, protocol })

describe('a recorder', () => {
  test('that is off keeps nothing and passes everything on', () => {
    const recorder = new Recorder()
    const client = tapped(recorder)
    client.sends(stop('/x/a'))
    expect(client.receives({ type: 'hello', started: true })).toBe(true)
    client.hasRoom = false
    expect(client.receives({ type: 'hello', started: true })).toBe(false)
    expect(client.arrived.in).toHaveLength(1)
    expect(client.arrived.out).toHaveLength(2)
    expect(recorder.batch(0).records).toEqual([])
    expect(recorder.carried).toEqual({ received: 4, sent: 6 })
  })

  test('records the messages of all clients in both directions, in order', () => {
    const recorder = new Recorder({}, () => 5)
    recorder.record(true)
    const one = tapped(recorder, 'tab 1')
    const two = tapped(recorder, 'tab 2')
    one.sends(stop('/x/a'))
    two.receives({ type: 'hello', started: false })
    two.sendsText('héllo')
    const { records, next } = recorder.batch(0)
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

  test('never keeps a private key, in either direction, and passes it on unchanged', () => {
    const recorder = new Recorder()
    recorder.record(true)
    const client = tapped(recorder)
    client.sends({ type: 'start', key: 'c2VjcmV0' })
    const identify: ServerMessage = {
      type: 'identify',
      public: true,
      peer: 'me',
      addresses: ['/x'],
      key: 'c2VjcmV0',
    }
    client.receives(identify)
    const heads = recorder.batch(0).records.map(({ head }) => bytesOf(head))
    for (const head of heads) expect(new TextDecoder().decode(head)).not.toContain('c2Vj')
    expect(decodeServerMessage(heads[1] ?? new Uint8Array())).toEqual({ ...identify, key: '' })
    expect(recorder.batch(0).records[1]?.size).toBe(encodeServerMessage(identify).byteLength)
    expect(decodeServerMessage(client.arrived.out[0] ?? new Uint8Array())).toEqual(identify)
  })

  test('drops the oldest records beyond its limits of records and bytes', () => {
    const few = new Recorder({ maxRecords: 2 })
    few.record(true)
    const client = tapped(few)
    for (const protocol of ['/a', '/b', '/c']) client.sends(stop(protocol))
    expect(few.batch(0).records.map(({ number }) => number)).toEqual([1, 2])
    const small = new Recorder({ maxKeptBytes: 25, maxDataHeadBytes: 10 })
    small.record(true)
    const sender = tapped(small)
    for (let id = 0n; id < 5n; id++) sender.sends({ type: 'data', id, data: new Uint8Array(100) })
    expect(small.batch(0).records.map(({ number, size }) => [number, size])).toEqual([
      [3, 109],
      [4, 109],
    ])
    expect(bytesOf(small.batch(0).records[0]?.head ?? '')).toHaveLength(10)
  })

  test('returns batches that continue where the last one ended, even if records were dropped in between', () => {
    const recorder = new Recorder({ maxBatch: 2, maxRecords: 4 })
    recorder.record(true)
    const client = tapped(recorder)
    for (const protocol of ['/a', '/b', '/c', '/d', '/e']) client.sends(stop(protocol))
    const first = recorder.batch(0)
    expect(first.records.map(({ number }) => number)).toEqual([1, 2])
    const second = recorder.batch(first.next)
    expect(second.records.map(({ number }) => number)).toEqual([3, 4])
    expect(recorder.batch(second.next)).toMatchObject({ records: [], next: 5 })
    recorder.forget()
    client.sends(stop('/f'))
    expect(recorder.batch(0).records.map(({ number }) => number)).toEqual([5])
    recorder.record(false)
    client.sends(stop('/g'))
    expect(recorder.batch(0).records).toHaveLength(1)
  })
})
