import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { newProtocol, readConnectString } from '../../examples/chat-2020/connect-string.ts'
import { createRoomLink, readFragment, readPasted } from '../../examples/shared/room-link.ts'
import { encodeConnectString } from '../../src/protocol/index.ts'
import { randomRoomName } from '../../src/room/index.ts'
import { toLinkText } from '../../src/site/link-text.ts'

const connect = {
  peer: '12D3KooWPeer',
  protocol: '/x/chat-ABCDEFGHIJKLMNOP',
  addrs: ['/ip4/127.0.0.1/tcp/1/ws'],
}
const connectString = encodeConnectString(connect)
const page = 'http://127.0.0.1:8888/examples/chat.html?native#old'

describe('a link to a room', () => {
  test('is short, and says the name of the room and of who invites', () => {
    expect(createRoomLink(page, { name: 'lusab-babad-gutih-tugad', from: 'Ada' })).toBe(
      'http://127.0.0.1:8888/examples/chat.html?native#lusab-babad-gutih-tugad/Ada',
    )
  })

  test('can be read back, whatever it contains', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
    const peer = fc.record({
      peer: fc.stringMatching(/^12D3[A-Za-z1-9]{10}$/),
      addrs: fc.array(text, { maxLength: 3 }),
    })
    fc.assert(
      fc.property(
        fc.oneof(text, fc.constant(0).map(randomRoomName)),
        fc.oneof(fc.constant(''), text),
        fc.array(peer, { maxLength: 4 }),
        (name, from, peers) => {
          const link = createRoomLink(page, { name, from, peers })
          expect(readFragment(new URL(link).hash)).toEqual({ name, from, peers })
          expect(readPasted(` ${link}\n`)).toEqual({ name, from, peers })
        },
      ),
    )
  })

  test('can be typed as the name of the room alone', () => {
    expect(readPasted(' lusab-babad-gutih-tugad ')).toEqual({
      name: 'lusab-babad-gutih-tugad',
      from: '',
      peers: [],
    })
  })

  test('without its fragment is refused with a reason', () => {
    expect(() => readPasted('http://127.0.0.1:8888/examples/chat.html')).toThrow(
      'the part after the # is missing',
    )
  })
})

describe('a connect string of the 2020 chat', () => {
  test('is read as it is, and from a link, encoded in any way', () => {
    const old = { connectString }
    expect(readPasted(`\n ${connectString} `)).toEqual(old)
    const encoded = [toLinkText(connectString), encodeURIComponent(connectString)]
    for (const fragment of encoded) {
      expect(readPasted(`https://a.example/chat.html#${fragment}`)).toEqual(old)
      expect(readFragment(`#${fragment}`)).toEqual(old)
    }
    expect(readConnectString(connectString)).toEqual(connect)
  })

  test.each([
    ['nothing', '', 'it is empty'],
    ['one with a letter missing', connectString.slice(0, 9) + connectString.slice(10), 'damaged'],
    [
      'an invitation to something else',
      encodeConnectString({ ...connect, protocol: '/x/files' }),
      'invitation is for /x/files, not for a chat',
    ],
  ])('that is %s is refused with a reason', (_, text, words) => {
    expect(() => readConnectString(text)).toThrow(words)
  })

  test('of a new room has a protocol with 16 random letters', () => {
    expect(newProtocol()).toMatch(/^\/x\/chat-[A-Za-z]{16}$/)
    expect(newProtocol()).not.toBe(newProtocol())
  })
})
