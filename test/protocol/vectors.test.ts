import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { ClientMessage, ClientMessageForm, ServerMessage } from '../../src/protocol/index.ts'
import {
  ProtocolError,
  SUBPROTOCOL,
  decodeAscii85,
  decodeClientMessage,
  decodePeerAddress,
  decodeServerMessage,
  encodeAscii85,
  encodeClientMessage,
  encodePeerAddress,
  encodeServerMessage,
} from '../../src/protocol/index.ts'

interface MalformedVector {
  name: string
  hex: string
}

interface Vectors {
  clientToServer: { name: string; form: ClientMessageForm | 'both'; message: object; hex: string }[]
  serverToClient: { name: string; message: object; hex: string }[]
  malformed: MalformedVector[]
  subprotocol: {
    clientToServer: Vectors['clientToServer']
    serverToClient: Vectors['serverToClient']
    malformedClientToServer: MalformedVector[]
    malformedServerToClient: MalformedVector[]
  }
  ascii85: { hex: string; text: string }[]
  connectStrings: { text: string; peer: string; addrs: string[]; note?: string }[]
}

const vectors = JSON.parse(
  readFileSync(new URL('../protocol-vectors.json', import.meta.url), 'utf8'),
) as Vectors
const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** Converts a vector's message to the codec's types: IDs to bigint, data to bytes. */
function messageOf(vector: object): unknown {
  const message: Record<string, unknown> = { ...vector }
  if (typeof message['id'] === 'string') message['id'] = BigInt(message['id'])
  if (typeof message['data'] === 'string') message['data'] = bytesOf(message['data'])
  return message
}

describe('the byte vectors', () => {
  test.each(vectors.clientToServer)('client to server, $name, $form form', ({ form, message, hex }) => {
    expect(decodeClientMessage(bytesOf(hex))).toEqual(messageOf(message))
    const forms: ClientMessageForm[] = form === 'both' ? ['client', 'documented'] : [form]
    for (const each of forms) {
      expect(hexOf(encodeClientMessage(messageOf(message) as ClientMessage, each))).toBe(hex)
    }
  })

  test.each(vectors.serverToClient)('server to client, $name', ({ message, hex }) => {
    expect(decodeServerMessage(bytesOf(hex))).toEqual(messageOf(message))
    expect(hexOf(encodeServerMessage(messageOf(message) as ServerMessage))).toBe(hex)
  })

  test.each(vectors.malformed)('malformed, $name', ({ hex }) => {
    expect(() => decodeClientMessage(bytesOf(hex))).toThrow(ProtocolError)
  })

  test.each(vectors.ascii85)('ascii85 of "$hex"', ({ hex, text }) => {
    expect(encodeAscii85(bytesOf(hex))).toBe(text)
    expect(hexOf(decodeAscii85(text))).toBe(hex)
  })

  test.each(vectors.connectStrings)('connect string $text', ({ text, peer, addrs, note }) => {
    expect(decodePeerAddress(text)).toEqual({ peer, addrs })
    if (note === undefined) expect(encodePeerAddress({ peer, addrs })).toBe(text)
  })
})

describe('the byte vectors of the subprotocol', () => {
  const { clientToServer, serverToClient, malformedClientToServer, malformedServerToClient } =
    vectors.subprotocol

  test.each(clientToServer)('client to server, $name, $form form', ({ form, message, hex }) => {
    expect(decodeClientMessage(bytesOf(hex), SUBPROTOCOL)).toEqual(messageOf(message))
    const forms: ClientMessageForm[] = form === 'both' ? ['client', 'documented'] : [form]
    for (const each of forms) {
      expect(hexOf(encodeClientMessage(messageOf(message) as ClientMessage, each))).toBe(hex)
    }
  })

  test.each(serverToClient)('server to client, $name', ({ message, hex }) => {
    expect(decodeServerMessage(bytesOf(hex), SUBPROTOCOL)).toEqual(messageOf(message))
    expect(hexOf(encodeServerMessage(messageOf(message) as ServerMessage))).toBe(hex)
  })

  test.each([...malformedClientToServer, ...vectors.malformed])('malformed, $name', ({ hex }) => {
    expect(() => decodeClientMessage(bytesOf(hex), SUBPROTOCOL)).toThrow(ProtocolError)
  })

  test.each(malformedServerToClient)('malformed from a server, $name', ({ hex }) => {
    expect(() => decodeServerMessage(bytesOf(hex), SUBPROTOCOL)).toThrow(ProtocolError)
  })

  test.each(vectors.clientToServer)(
    'what the protocol of 2020 has means the same, $name, $form form',
    ({ message, hex }) => {
      expect(decodeClientMessage(bytesOf(hex), SUBPROTOCOL)).toEqual(messageOf(message))
    },
  )

  test.each(clientToServer.filter(({ name }) => name !== 'listen, lasting'))(
    'is an error in the protocol of 2020, client to server, $name, $form form',
    ({ hex }) => {
      expect(() => decodeClientMessage(bytesOf(hex))).toThrow(ProtocolError)
    },
  )

  test.each(serverToClient)('is an error in the protocol of 2020, server to client, $name', ({ hex }) => {
    expect(() => decodeServerMessage(bytesOf(hex))).toThrow(
      expect.objectContaining({ code: 'ERR_UNKNOWN_OPCODE' }),
    )
  })
})
