import { describe, expect, test } from 'vitest'
import type { MessageRecord } from '../../src/admin/index.ts'
import { encodeClientMessage, encodeServerMessage } from '../../src/protocol/index.ts'
import { encodeDraft } from '../../src/site/inspector/draft.ts'
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
  test('is described by its name, connection ID and fields', () => {
    const data = encodeClientMessage({ type: 'data', id: 7n, data: new TextEncoder().encode('hi') })
    const shown = describeMessage(record('in', data))
    expect(shown).toMatchObject({ name: 'Data', id: '7', payloadStart: 9, problem: '' })
    expect(shown.fields).toEqual([
      ['ID', '7'],
      ['LENGTH', '2'],
    ])
    expect(new TextDecoder().decode(shown.bytes.subarray(shown.payloadStart))).toBe('hi')
  })

  test('is decoded as a client or server message according to its direction', () => {
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

  test('may be one of the subprotocol', () => {
    const changed = encodeServerMessage({ type: 'linkChanged', id: 7n, state: 'relayed' })
    expect(describeMessage(record('out', changed))).toMatchObject({
      name: 'Link Changed',
      id: '7',
      fields: [
        ['ID', '7'],
        ['STATE', 'relayed'],
      ],
    })
    const pause = encodeClientMessage({ type: 'pause', id: 7n })
    expect(describeMessage(record('in', pause))).toMatchObject({ name: 'Pause', id: '7', problem: '' })
    const listen = encodeClientMessage({ type: 'listen', frames: true, lasting: false, protocol: '/x/a' })
    expect(summaryOf(describeMessage(record('in', listen)))).toBe('FRAMES true · LASTING false · /x/a')
  })

  test('never contains a private key, and says whether it had one', () => {
    const identify = { type: 'identify', public: false, peer: 'me', addresses: ['/a'], key: '' } as const
    const bytes = encodeServerMessage({ ...identify, addresses: ['/a'] })
    const fieldsOf = (size: number) => describeMessage(record('out', bytes, { size })).fields
    expect(fieldsOf(bytes.byteLength + 92)).toContainEqual(['KEY', 'never recorded'])
    expect(fieldsOf(bytes.byteLength)).toContainEqual(['KEY', 'empty'])
  })

  test('is described even if it is invalid or only partly recorded', () => {
    const connect = encodeClientMessage({
      type: 'connect',
      frames: true,
      relay: '',
      protocol: '/x/a',
      peer: 'me',
    })
    const cut = describeMessage(record('in', connect.subarray(0, 4), { size: connect.byteLength }))
    expect(cut).toMatchObject({ name: 'Connect', problem: 'Only the first 4 bytes were recorded.' })
    expect(describeMessage(record('in', new Uint8Array()))).toMatchObject({ name: 'Opcode missing' })
    const words = record('in', new TextEncoder().encode('héllo'), { text: true })
    expect(describeMessage(words)).toMatchObject({ name: 'Text', fields: [['TEXT', 'héllo']] })
  })

  test('can be searched, summarised in a line and exported as JSON', () => {
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

describe('a draft', () => {
  test('is encoded as the client would encode it', () => {
    const draft = {
      type: 'connect',
      values: { PROTOCOL: '/x/a', PEERID: 'me', RELAY: '*', FRAMES: '' },
    } as const
    const message = { type: 'connect', frames: false, relay: '*', protocol: '/x/a', peer: 'me' } as const
    expect(encodeDraft(draft)).toEqual(encodeClientMessage(message))
    expect(encodeDraft({ type: 'bytes', values: { HEX: '0x01 00 2f' } })).toEqual(new Uint8Array([1, 0, 47]))
  })

  test.each([
    [{ type: 'data', values: { ID: 'x' } }, 'ID must be the number'],
    [{ type: 'bytes', values: { HEX: '1' } }, 'HEX must be pairs'],
    [{ type: 'listen', values: {} }, 'PROTOCOL'],
  ] as const)('with an invalid value is rejected with a reason: %j', (draft, words) => {
    expect(() => encodeDraft(draft)).toThrow(words)
  })
})

test('a hex dump shows offsets, hexadecimal digits and text', () => {
  expect(hexDump(new TextEncoder().encode('ab\n'), 4)).toBe('0000  61 62 0a     ab.')
})
