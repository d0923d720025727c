import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  ProtocolError,
  decodeAscii85,
  decodeConnectString,
  decodePeerAddress,
  encodeAscii85,
  encodeConnectString,
  encodePeerAddress,
} from '../../src/protocol/index.ts'

const peer = '12D3KooWCPmGBaYTVwF3eSVQbuEunLM6PFazPegk4mf4LKdkzk9F'
const connect = {
  peer,
  protocol: '/x/chat-ABCDEFGHIJKLMNOP',
  addrs: ['/ip4/127.0.0.1/tcp/4006/ws/p2p/12D3KooWRelay/p2p-circuit/webrtc'],
}

describe('ascii85', () => {
  test('decodes what it has encoded', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
        expect([...decodeAscii85(encodeAscii85(bytes))]).toEqual([...bytes])
      }),
    )
  })

  test('ignores white space', () => {
    expect([...decodeAscii85(' @:\nE\t^ ')]).toEqual([0x61, 0x62, 0x63])
  })

  test.each([
    ['a character outside of the alphabet', '@:v^'],
    ['z inside a group', '@z:E^'],
    ['a group above 2^32 - 1', 's8W-"'],
    ['a last group above 2^32 - 1', 'uu'],
    ['a last group of one character', '@:E^!@'],
  ])('rejects %s', (_, text) => {
    expect(() => decodeAscii85(text)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ASCII85' }))
  })
})

describe('a connect string', () => {
  test('carries peer, protocol and addresses', () => {
    expect(decodeConnectString(encodeConnectString(connect))).toEqual(connect)
  })

  test('with one letter missing is rejected with a message, or still means the same', () => {
    const whole = encodeConnectString(connect)
    for (let index = 0; index < whole.length; index++) {
      const text = whole.slice(0, index) + whole.slice(index + 1)
      expect(() => decodeConnectString(text), `without the letter at ${index}`).toThrow(
        /^the connect string is damaged: ./,
      )
    }
  })

  test.each([
    ['nothing', '  ', 'it is empty'],
    ['another type', encodeAscii85(new TextEncoder().encode('{"type":"x"}')), 'not "peerAddr"'],
    ['no protocol', encodeAscii85(new TextEncoder().encode('{"type":"peerAddr"}')), 'names no protocol'],
    ['an array', encodeAscii85(new TextEncoder().encode('[1]')), 'not a JSON object'],
    ['too much text', '!'.repeat(40_000), 'but the limit is'],
  ])('made from %s is rejected', (_, text, words) => {
    expect(() => decodeConnectString(text)).toThrow(words)
  })

  test('from any text returns a peer or throws a ProtocolError', () => {
    fc.assert(
      fc.property(fc.string(), fc.boolean(), (text, prefixed) => {
        try {
          decodePeerAddress(prefixed ? `/addrs/${text}` : text)
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError)
        }
      }),
    )
  })

  test('without addresses is the plain peer ID', () => {
    expect(encodePeerAddress({ peer, addrs: [] })).toBe(peer)
  })
})
