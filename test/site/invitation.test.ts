import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { connectStringIn, createLink, newProtocol, readInvitation } from '../../examples/shared/invitation.ts'
import { encodeConnectString } from '../../src/protocol/index.ts'

const connect = {
  peer: '12D3KooWPeer',
  protocol: '/x/chat-ABCDEFGHIJKLMNOP',
  addrs: ['/ip4/127.0.0.1/tcp/1/ws'],
}
const text = encodeConnectString(connect)
const read = (pasted: string): unknown => readInvitation(pasted, '/x/chat-', 'a chat')
const page = 'http://127.0.0.1:8888/examples/chat.html?native#old'

test('a new room has a protocol with 16 random letters', () => {
  expect(newProtocol('/x/chat-')).toMatch(/^\/x\/chat-[A-Za-z]{16}$/)
  expect(newProtocol('/x/chat-')).not.toBe(newProtocol('/x/chat-'))
})

describe('an invitation', () => {
  test('is read from the connect string, with white space around it', () => {
    expect(read(`\n ${text} `)).toEqual(connect)
  })

  test('is read from the link, which keeps the page', () => {
    const link = createLink(page, text)
    expect(link.split('#')[0]).toBe('http://127.0.0.1:8888/examples/chat.html?native')
    expect(read(link)).toEqual(connect)
    expect(connectStringIn(new URL(link).hash)).toBe(text)
  })

  test('survives the fragment of a link whatever its characters are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii' }), (any) => {
        expect(connectStringIn(new URL(createLink(page, any)).hash)).toBe(any)
      }),
    )
  })

  test('in a fragment without encoding can be read too, unless it looks like an escape', () => {
    expect(connectStringIn('#a%zz')).toBe('a%zz')
    expect(connectStringIn('')).toBe('')
  })

  test.each([
    ['nothing', '', 'it is empty'],
    ['a connect string with a letter missing', text.slice(0, 9) + text.slice(10), 'damaged'],
    [
      'a link without its fragment',
      'http://127.0.0.1:8888/examples/chat.html',
      'the part after the # is missing',
    ],
    ['a link with a damaged fragment', createLink(page, text.slice(1)), 'damaged'],
    [
      'an invitation to something else',
      encodeConnectString({ ...connect, protocol: '/x/files' }),
      'invitation is for /x/files, not for a chat',
    ],
  ])('that is %s is refused with a reason', (_, pasted, words) => {
    expect(() => read(pasted)).toThrow(words)
  })
})
