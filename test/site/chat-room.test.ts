import { describe, expect, test } from 'vitest'
import type { ChatMessage } from '../../examples/chat/chat-message.ts'
import { decodeChatMessage, encodeChatMessage } from '../../examples/chat/chat-message.ts'
import { GuestRoom } from '../../examples/chat/guest-room.ts'
import { HostRoom } from '../../examples/chat/host-room.ts'
import { MAX_MALFORMED } from '../../examples/chat/room.ts'
import type { ChatLink, Room } from '../../examples/chat/room.ts'
import { MAX_LINES, Transcript } from '../../examples/chat/transcript.ts'
import { BoundedQueue } from '../../src/client/bounded-queue.ts'
import { until } from '../support/until.ts'

/** One end of a link in memory: what the other side says is put in with `say`, what this side says is in `heard`. */
class Link implements ChatLink {
  readonly peer: string
  readonly heard: ChatMessage[] = []
  closed = false
  readonly #queue = new BoundedQueue<Uint8Array>(1_000_000)

  constructor(peer: string) {
    this.peer = peer
  }

  send(bytes: Uint8Array): boolean {
    if (this.closed) throw new Error('closed')
    const message = decodeChatMessage(bytes)
    if (message !== undefined) this.heard.push(message)
    return true
  }

  say(...messages: (ChatMessage | string)[]): void {
    for (const message of messages) {
      const bytes =
        typeof message === 'string' ? new TextEncoder().encode(message) : encodeChatMessage(message)
      this.#queue.push(bytes, bytes.byteLength)
    }
  }

  close(): void {
    this.closed = true
    this.#queue.end()
  }

  lose(reason: string): void {
    this.#queue.end(new Error(reason))
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return this.#queue
  }
}

const names = (room: Room): string[] =>
  room.members.map(({ name, you, host }) => `${name}${you ? ' (you)' : ''}${host ? ' (host)' : ''}`)
const lines = (room: Room): string[] =>
  room.transcript.lines.map((line) => (line.kind === 'note' ? line.text : `${line.from}: ${line.text}`))

function hostRoom(maxGuests?: number): HostRoom {
  const bound = maxGuests === undefined ? {} : { maxGuests }
  return new HostRoom({ peer: 'host', name: 'Ann', changed: () => undefined, ...bound })
}

function admit(room: HostRoom, peer: string, ...messages: (ChatMessage | string)[]): Link {
  const link = new Link(peer)
  void room.admit(link)
  link.say(...messages)
  return link
}

describe('the host', () => {
  test('answers a guest with all users, and tells the others of it', async () => {
    const room = hostRoom()
    const bob = admit(room, 'b', { name: 'user', user: 'Bob' })
    await until('Bob to be in', () => bob.heard.length > 0)
    const cy = admit(room, 'c', { name: 'user', user: 'Cy' })
    await until('Bob to hear of Cy', () => bob.heard.length > 1)
    expect(bob.heard).toEqual([
      {
        name: 'users',
        users: new Map([
          ['host', 'Ann'],
          ['b', 'Bob'],
        ]),
      },
      { name: 'addUser', peerID: 'c', user: 'Cy' },
    ])
    expect(cy.heard).toEqual([
      {
        name: 'users',
        users: new Map([
          ['host', 'Ann'],
          ['b', 'Bob'],
          ['c', 'Cy'],
        ]),
      },
    ])
    cy.lose('gone')
    await until('Bob to hear that Cy left', () => bob.heard.length > 2)
    expect(bob.heard.at(-1)).toEqual({ name: 'removeUser', peerID: 'c' })
    expect(names(room)).toEqual(['Ann (you) (host)', 'Bob'])
    expect(lines(room)).toEqual(['Bob came in.', 'Cy came in.', 'Cy left.'])
  })

  test('keeps members apart that come from one browser, its own too', async () => {
    const room = hostRoom()
    const links = [
      admit(room, 'host', { name: 'user', user: 'Tab' }),
      admit(room, 'b', { name: 'user', user: 'Bob' }),
      admit(room, 'b', { name: 'user', user: 'Bob' }),
    ]
    await until('all to be in', () => room.members.length === 4)
    expect(room.members.map((member) => member.key)).toEqual(['host', 'host#2', 'b', 'b#2'])
    links[1]?.lose('gone')
    await until('one to be out', () => room.members.length === 3)
    expect(links[2]?.heard.at(-1)).toEqual({ name: 'removeUser', peerID: 'b' })
    expect(room.members.map((member) => member.key)).toEqual(['host', 'host#2', 'b#2'])
  })

  test('passes on what a guest says to the others only, under the name that the guest came with', async () => {
    const room = hostRoom()
    const bob = admit(room, 'b', { name: 'user', user: 'Bob' })
    const cy = admit(room, 'c', { name: 'user', user: 'Cy' })
    await until('both to be in', () => room.members.length === 3)
    bob.say({ name: 'message', from: 'Ann', text: 'hi' })
    await until('Cy to hear it', () => cy.heard.length > 1)
    expect(cy.heard.at(-1)).toEqual({ name: 'message', from: 'Bob', text: 'hi' })
    expect(bob.heard).not.toContainEqual(expect.objectContaining({ name: 'message' }))
    expect(room.say('hello')).toBe(true)
    expect(bob.heard.at(-1)).toEqual({ name: 'message', from: 'Ann', text: 'hello' })
    expect(lines(room).slice(-2)).toEqual(['Bob: hi', 'Ann: hello'])
    expect(room.say('   ')).toBe(false)
  })

  test('does not hear a guest that has not said its name, and drops one that talks nonsense', async () => {
    const room = hostRoom()
    const link = admit(room, 'b', { name: 'message', from: 'x', text: 'hi' }, 'nonsense')
    link.say(...Array.from({ length: MAX_MALFORMED }, () => '{}'))
    await until('the link to be closed', () => link.closed)
    expect(lines(room)).toEqual([])
    expect(link.heard).toEqual([])
  })

  test('lets in so many and no more', async () => {
    const room = hostRoom(1)
    admit(room, 'b', { name: 'user', user: 'Bob' })
    const second = admit(room, 'c', { name: 'user', user: 'Cy' })
    await until('the second to be turned away', () => second.closed)
    expect(second.heard).toEqual([{ name: 'message', from: 'Ann', text: 'The room is full.' }])
  })

  test('tells the others when somebody takes another name', async () => {
    const room = hostRoom()
    const bob = admit(room, 'b', { name: 'user', user: 'Bob' })
    const cy = admit(room, 'c', { name: 'user', user: 'Cy' })
    await until('both to be in', () => room.members.length === 3)
    bob.say({ name: 'user', user: 'Rob' })
    await until('Cy to hear it', () => cy.heard.length > 1)
    expect(cy.heard.at(-1)).toEqual({ name: 'addUser', peerID: 'b', user: 'Rob' })
    expect(names(room)).toEqual(['Ann (you) (host)', 'Rob', 'Cy'])
  })

  test('takes everyone out when it leaves', async () => {
    const room = hostRoom()
    const bob = admit(room, 'b', { name: 'user', user: 'Bob' })
    await until('Bob to be in', () => bob.heard.length > 0)
    room.leave()
    expect(bob.closed).toBe(true)
    expect(room.ended).toBe('You closed the room.')
    expect(room.say('anyone?')).toBe(false)
    const late = admit(room, 'c')
    expect(late.closed).toBe(true)
  })
})

describe('a guest', () => {
  function visit(peer = 'g', host = 'host'): { room: GuestRoom; link: Link } {
    const link = new Link(host)
    return { link, room: new GuestRoom({ peer, name: 'Gil', link, changed: () => undefined }) }
  }

  test('says its name first, and shows who is here', async () => {
    const { room, link } = visit()
    expect(link.heard).toEqual([{ name: 'user', user: 'Gil' }])
    link.say({
      name: 'users',
      users: new Map([
        ['host', 'Ann'],
        ['g', 'Gil'],
      ]),
    })
    link.say({ name: 'addUser', peerID: 'c', user: 'Cy' })
    await until('Cy to be here', () => room.members.length === 3)
    expect(names(room)).toEqual(['Ann (host)', 'Gil (you)', 'Cy'])
    link.say({ name: 'removeUser', peerID: 'c' })
    await until('Cy to be gone', () => room.members.length === 2)
    expect(lines(room)).toEqual(['You came in as Gil.', 'Cy came in.', 'Cy left.'])
  })

  test('finds itself among those with its own peer ID', async () => {
    const { room, link } = visit('host')
    link.say({
      name: 'users',
      users: new Map([
        ['host', 'Gil'],
        ['host#2', 'Gil'],
        ['x', 'Gil'],
      ]),
    })
    await until('the users', () => room.members.length === 3)
    expect(names(room)).toEqual(['Gil (host)', 'Gil (you)', 'Gil'])
  })

  test('is shown also where the host does not name it', async () => {
    const { room, link } = visit('host')
    link.say({ name: 'users', users: new Map([['host', 'Ann']]) })
    await until('the users', () => room.members.length === 2)
    expect(names(room)).toEqual(['Ann (host)', 'Gil (you)'])
  })

  test('hears others and itself', async () => {
    const { room, link } = visit()
    room.say('hi')
    link.say({ name: 'message', from: 'Ann', text: '<i>hello</i>' })
    await until('the answer', () => room.transcript.lines.length === 2)
    expect(link.heard.at(-1)).toEqual({ name: 'message', from: 'Gil', text: 'hi' })
    expect(lines(room)).toEqual(['Gil: hi', 'Ann: <i>hello</i>'])
  })

  test('says why it is over', async () => {
    const lost = visit()
    lost.link.lose('the link was lost')
    await until('the end', () => lost.room.ended !== undefined)
    expect(lost.room.ended).toBe('The link to the host was lost. The link was lost.')
    expect(lost.room.say('hello?')).toBe(false)
    const over = visit()
    over.link.close()
    await until('the end', () => over.room.ended !== undefined)
    expect(over.room.ended).toBe('The host closed the room.')
    const nonsense = visit()
    nonsense.link.say(...Array.from({ length: MAX_MALFORMED }, () => '{}'))
    await until('the end', () => nonsense.link.closed)
    expect(nonsense.room.ended).toBe('The host does not speak as a chat does.')
  })
})

test('a transcript keeps its last lines, and never gives an ID twice', () => {
  const transcript = new Transcript()
  for (let index = 0; index < MAX_LINES + 10; index++) transcript.note(String(index))
  expect(transcript.lines).toHaveLength(MAX_LINES)
  expect(transcript.lines.at(-1)).toEqual({ id: MAX_LINES + 9, kind: 'note', text: String(MAX_LINES + 9) })
})
