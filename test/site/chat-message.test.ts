import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ChatMessage } from '../../examples/chat/chat-message.ts'
import {
  MAX_MESSAGE_BYTES,
  MAX_NAME_LENGTH,
  MAX_TEXT_LENGTH,
  MAX_USERS,
  cleanName,
  decodeChatMessage,
  encodeChatMessage,
} from '../../examples/chat/chat-message.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const textOf = (message: ChatMessage): string => new TextDecoder().decode(encodeChatMessage(message))

describe('on the wire, as the 2020 chat has it,', () => {
  test.each<[ChatMessage, string]>([
    [{ name: 'user', user: 'Ann' }, '{"name":"user","user":"Ann"}'],
    [{ name: 'users', users: new Map([['12D3', 'Ann']]) }, '{"name":"users","users":{"12D3":"Ann"}}'],
    [{ name: 'addUser', peerID: '12D3', user: 'Ann' }, '{"name":"addUser","peerID":"12D3","user":"Ann"}'],
    [{ name: 'removeUser', peerID: '12D3' }, '{"name":"removeUser","peerID":"12D3"}'],
    [{ name: 'message', from: 'Ann', text: '<b>' }, '{"name":"message","from":"Ann","text":"<b>"}'],
  ])('%j is %s, and is read again', (message, json) => {
    expect(textOf(message)).toBe(json)
    expect(decodeChatMessage(bytesOf(json))).toEqual(message)
  })
})

describe('a message from a peer', () => {
  test.each([
    ['no JSON', '{"name":'],
    ['no object', '[1]'],
    ['null', 'null'],
    ['no name', '{}'],
    ['an unknown name', '{"name":"kick"}'],
    ['a user without a name', '{"name":"user"}'],
    ['users that are a list', '{"name":"users","users":["a"]}'],
    ['a text that is a number', '{"name":"message","from":"a","text":1}'],
  ])('that is %s is not read', (_, json) => {
    expect(decodeChatMessage(bytesOf(json))).toBeUndefined()
  })

  test('above the bound is not read', () => {
    const text = 'x'.repeat(MAX_MESSAGE_BYTES)
    expect(decodeChatMessage(encodeChatMessage({ name: 'message', from: 'a', text }))).toBeUndefined()
  })

  test('never throws, whatever its bytes are', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void decodeChatMessage(bytes)))
    fc.assert(fc.property(fc.json(), (json) => void decodeChatMessage(bytesOf(json))))
  })

  test('has its text and its users cut to their bounds', () => {
    const long = encodeChatMessage({ name: 'message', from: 'a', text: 'x'.repeat(MAX_TEXT_LENGTH + 1) })
    expect(decodeChatMessage(long)).toMatchObject({ text: 'x'.repeat(MAX_TEXT_LENGTH) })
    const users = new Map(Array.from({ length: MAX_USERS + 1 }, (_, index) => [`p${index}`, 'x']))
    const read = decodeChatMessage(encodeChatMessage({ name: 'users', users }))
    expect(read?.name === 'users' && read.users.size).toBe(MAX_USERS)
  })

  test('may name a user __proto__ and disturbs nothing', () => {
    const read = decodeChatMessage(bytesOf('{"name":"users","users":{"__proto__":"Mallory"}}'))
    expect(read).toEqual({ name: 'users', users: new Map([['__proto__', 'Mallory']]) })
  })
})

describe('a name', () => {
  test.each([
    ['  Ann \n Lee ', 'Ann Lee'],
    ['', 'Somebody'],
    ['\u202Enna', 'nna'],
    ['👩‍🚀', '👩‍🚀'],
  ])('%j is shown as %j', (name, shown) => {
    expect(cleanName(name)).toBe(shown)
  })

  test('is on one line, not empty, and within its bound, whatever it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (name) => {
        const shown = cleanName(name)
        expect(shown.length).toBeGreaterThan(0)
        expect(shown.length).toBeLessThanOrEqual(MAX_NAME_LENGTH)
        expect(shown).not.toMatch(/[\n\r]/)
        expect(cleanName(shown)).toBe(shown)
      }),
    )
  })
})
