import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ChatMessage } from '../../examples/chat-2020/chat-message.ts'
import { CHAT, MAX } from '../../examples/chat-2020/chat-message.ts'
import { MAX_NAME_LENGTH, cleanName } from '../../examples/shared/clean-name.ts'
import { MAX_JSON_BYTES } from '../../examples/chat-2020/message.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('in the form of the 2020 chat', () => {
  test.each<[ChatMessage, string]>([
    [{ name: 'user', user: 'Ann' }, '{"name":"user","user":"Ann"}'],
    [{ name: 'users', users: { '12D3': 'Ann' } }, '{"name":"users","users":{"12D3":"Ann"}}'],
    [{ name: 'addUser', peerID: '12D3', user: 'Ann' }, '{"name":"addUser","peerID":"12D3","user":"Ann"}'],
    [{ name: 'removeUser', peerID: '12D3' }, '{"name":"removeUser","peerID":"12D3"}'],
    [{ name: 'message', from: 'Ann', text: '<b>' }, '{"name":"message","from":"Ann","text":"<b>"}'],
  ])('%j is %s', (message, json) => {
    expect(new TextDecoder().decode(CHAT.write(message))).toBe(json)
    expect(CHAT.read(bytesOf(json))).toEqual(message)
  })
})

describe('a message from a peer', () => {
  test.each([
    ['not JSON', '{"name":'],
    ['not an object', '[1]'],
    ['null', 'null'],
    ['without a name', '{}'],
    ['an unknown name', '{"name":"kick"}'],
    ['a name that every object has', '{"name":"toString"}'],
    ['a user without a name', '{"name":"user"}'],
    ['users that are a list', '{"name":"users","users":["a"]}'],
    ['a text that is a number', '{"name":"message","from":"a","text":1}'],
  ])('that is %s is ignored', (_, json) => {
    expect(CHAT.read(bytesOf(json))).toBeUndefined()
  })

  test('above the size limit is ignored', () => {
    const text = 'x'.repeat(MAX_JSON_BYTES)
    expect(CHAT.read(CHAT.write({ name: 'message', from: 'a', text }))).toBeUndefined()
  })

  test('never throws, whatever its bytes are', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void CHAT.read(bytes)))
    fc.assert(fc.property(fc.json(), (json) => void CHAT.read(bytesOf(json))))
  })

  test('has its text and its users shortened to their limits', () => {
    const long = CHAT.write({ name: 'message', from: 'a', text: 'x'.repeat(MAX.text + 1) })
    expect(CHAT.read(long)).toMatchObject({ text: 'x'.repeat(MAX.text) })
    const users = Object.fromEntries(Array.from({ length: MAX.users + 1 }, (_, index) => [`p${index}`, 'x']))
    const read = CHAT.read(CHAT.write({ name: 'users', users }))
    expect(read?.name === 'users' && Object.keys(read.users).length).toBe(MAX.users)
  })

  test('may name a user __proto__ and disturbs nothing', () => {
    const read = CHAT.read(bytesOf('{"name":"users","users":{"__proto__":"Mallory"}}'))
    expect(read?.name === 'users' && Object.entries(read.users)).toEqual([['__proto__', 'Mallory']])
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

  test('is on one line, not empty, and within its limit, whatever it was', () => {
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
