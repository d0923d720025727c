import { describe, expect, test } from 'vitest'
import type { MessageRecord } from '../../src/admin/index.ts'
import { encodeClientMessage, encodeServerMessage } from '../../src/protocol/index.ts'
import { bytesOfDraft } from '../../src/site/inspector/hand.ts'
import { hexDump } from '../../src/site/inspector/hex-dump.ts'
import {
  describeMessage,
  searchTextOf,
  summaryOf,
  toJson,
} from '../../src/site/inspector/message-description.ts'

function record(
  direction: 'in' | 'out',
  bytes: Uint8Array,
  more: Partial<MessageRecord> = {},
): MessageRecord {
  const head = btoa(String.fromCharCode(...bytes))
  return {
    number: 0,
    time: 0,
    client: 'tab 1',
    direction,
    size: bytes.byteLength,
    text: false,
    head,
    ...more,
  }
}

describe('a recorded message', () => {
  test('is shown with its name, its number and its fields', () => {
    const data = encodeClientMessage({ type: 'data', id: 7n, data: new TextEncoder().encode('hi') })
    const shown = describeMessage(record('in', data))
    expect(shown).toMatchObject({ name: 'Data', id: '7', payloadStart: 9, problem: '' })
    expect(shown.fields).toEqual([
      ['ID', '7'],
      ['LENGTH', '2'],
    ])
    expect(new TextDecoder().decode(shown.bytes.subarray(shown.payloadStart))).toBe('hi')
  })

  test('is the client’s or the relay’s by its direction', () => {
    const bytes = encodeServerMessage({ type: 'listening', protocol: '/x/a' })
    expect(describeMessage(record('out', bytes))).toMatchObject({
      name: 'Listening',
      fields: [['PROTOCOL', '/x/a']],
    })
    expect(describeMessage(record('in', bytes))).toMatchObject({
      name: 'Opcode 10',
      problem: 'unknown opcode 10',
    })
  })

  test('says of a private key that it is not there, and of one that never was', () => {
    const identify = { type: 'identify', public: false, peer: 'me', addresses: ['/a'], key: '' } as const
    const bytes = encodeServerMessage({ ...identify, addresses: ['/a'] })
    const fieldsOf = (size: number) => describeMessage(record('out', bytes, { size })).fields
    expect(fieldsOf(bytes.byteLength + 92)).toContainEqual(['KEY', 'is never recorded'])
    expect(fieldsOf(bytes.byteLength)).toContainEqual(['KEY', 'empty'])
  })

  test('is shown also where it is no message, or was kept in part', () => {
    const connect = encodeClientMessage({
      type: 'connect',
      frames: true,
      relay: '',
      protocol: '/x/a',
      peer: 'me',
    })
    const cut = describeMessage(record('in', connect.subarray(0, 4), { size: connect.byteLength }))
    expect(cut).toMatchObject({ name: 'Connect', problem: 'Only its first 4 bytes were kept.' })
    expect(describeMessage(record('in', new Uint8Array()))).toMatchObject({ name: 'Opcode missing' })
    const words = record('in', new TextEncoder().encode('héllo'), { text: true })
    expect(describeMessage(words)).toMatchObject({ name: 'Text', fields: [['TEXT', 'héllo']] })
  })

  test('is found by its words, summed up in a line, and copied as JSON', () => {
    const bytes = encodeClientMessage({ type: 'listen', frames: true, protocol: '/x/Hello' })
    const shown = describeMessage(record('in', bytes))
    expect(searchTextOf(shown)).toContain('/x/hello')
    expect(summaryOf(shown)).toBe('FRAMES true · /x/Hello')
    expect(JSON.parse(toJson([shown]))).toEqual([
      {
        time: '1970-01-01T00:00:00.000Z',
        client: 'tab 1',
        direction: 'to the peer',
        name: 'Listen',
        size: 10,
        fields: { FRAMES: 'true', PROTOCOL: '/x/Hello' },
        hex: '01012f782f48656c6c6f',
      },
    ])
  })
})

describe('a message by hand', () => {
  test('is what the client would send', () => {
    const draft = {
      type: 'connect',
      values: { PROTOCOL: '/x/a', PEERID: 'me', RELAY: '*', FRAMES: '' },
    } as const
    const message = { type: 'connect', frames: false, relay: '*', protocol: '/x/a', peer: 'me' } as const
    expect(bytesOfDraft(draft)).toEqual(encodeClientMessage(message))
    expect(bytesOfDraft({ type: 'bytes', values: { HEX: '0x01 00 2f' } })).toEqual(new Uint8Array([1, 0, 47]))
  })

  test.each([
    [{ type: 'data', values: { ID: 'x' } }, 'ID is the number'],
    [{ type: 'bytes', values: { HEX: '1' } }, 'HEX is pairs'],
    [{ type: 'listen', values: {} }, 'PROTOCOL'],
  ] as const)('that is none says why: %j', (draft, words) => {
    expect(() => bytesOfDraft(draft)).toThrow(words)
  })
})

test('a dump shows where, in hexadecimal, and as text', () => {
  expect(hexDump(new TextEncoder().encode('ab\n'), 4)).toBe('0000  61 62 0a     ab.')
})
