import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ChatMessage } from '../../examples/chat-2020/chat-message.ts'
import { CHAT } from '../../examples/chat-2020/chat-message.ts'
import { readConnectString } from '../../examples/chat-2020/connect-string.ts'
import { OldRoom } from '../../examples/chat-2020/old-room.ts'
import { connectToHost } from '../../examples/chat-2020/relayed-room.ts'
import { FullError, MAX_CONNECTIONS, MAX_CONNECTIONS_PER_PEER } from '../../examples/chat-2020/star.ts'
import { sendValue } from '../../examples/chat-2020/talk.ts'
import type { Client, Connection } from '../../src/client/index.ts'
import { connect } from '../../src/client/index.ts'
import { encodeAscii85 } from '../../src/protocol/index.ts'
import { until } from '../support/until.ts'
import type { LoopbackRelay } from './loopback-relay.ts'
import { WebSocket, startLoopbackRelay } from './loopback-relay.ts'

const PROTOCOL = '/x/chat-A'

/** A room that records what it shows. */
class Room extends OldRoom {
  readonly lines: { from: string; text: string; kind: string }[]

  constructor(name: string, changed: () => void, hostPeer?: string) {
    const lines: Room['lines'] = []
    super(name, (text, from, kind = 'note') => lines.push({ text, from, kind }), changed, hostPeer)
    this.lines = lines
  }
}

let relay: LoopbackRelay
let clients: Client[]

beforeEach(async () => {
  relay = await startLoopbackRelay()
  clients = []
})

afterEach(async () => {
  for (const client of clients) client.close()
  await relay.close()
})

async function clientOf(peer: string): Promise<Client> {
  const client = await connect(relay.url(peer), { WebSocket })
  clients.push(client)
  return client
}

const dial = async (peer: string): Promise<Connection> => (await clientOf(peer)).dial('a', PROTOCOL)

/** Ann's room, on the peer `a`. */
async function hosted(changed = (): void => undefined): Promise<{ room: Room; client: Client }> {
  const client = await clientOf('a')
  const room = new Room('Ann', changed, client.peer)
  const listener = await client.listen(PROTOCOL)
  void (async () => {
    for await (const guest of listener) room.admit(guest).catch(() => undefined) // Its link was lost.
  })().catch(() => undefined) // The relay ends with the test.
  return { room, client }
}

/** A room as a guest has it, and how it ends. */
async function visited(
  name: string,
  peer: string,
): Promise<{ room: Room; link: Connection; end: Promise<void> }> {
  const room = new Room(name, () => undefined)
  const link = await dial(peer)
  const end = room.visit(link)
  await until(`${name} to be in`, () => room.members.size > 0)
  return { room, link, end }
}

/** A guest of 2020 or a malicious one: it sends what it likes, and records what it receives. */
async function stranger(
  peer: string,
  ...messages: object[]
): Promise<{ link: Connection; heard: ChatMessage[] }> {
  const link = await dial(peer)
  const heard: ChatMessage[] = []
  void (async () => {
    for await (const bytes of link) {
      const message = CHAT.read(bytes)
      if (message !== undefined) heard.push(message)
    }
  })()
  for (const message of messages) sendValue(link, message)
  return { link, heard }
}

const lines = (room: Room): string[] =>
  room.lines.map(({ from, text }) => (from === '' ? text : `${from}: ${text}`))
const names = (room: Room): string[] => [...room.members.values()]

describe('a room', () => {
  test('knows what carries each member that it is connected to, and draws when that changes', async () => {
    let draws = 0
    const { room: ann } = await hosted(() => void (draws += 1))
    const { room: bob, link } = await visited('Bob', 'b')
    const { room: cy } = await visited('Cy', 'a')
    const links = (room: Room): unknown[] => [...room.members.keys()].map((key) => room.star.linkOf(key))
    await until('Bob to learn of Cy', () => bob.members.size === 3)
    expect([links(ann), links(bob), links(cy)]).toEqual([
      [undefined, 'direct', 'local'],
      ['direct', undefined, undefined],
      ['local', undefined, undefined],
    ])
    const before = draws
    relay.changeLinks('interrupted')
    await until('a draw', () => draws > before)
    expect(links(ann)).toEqual([undefined, 'interrupted', 'local'])
    link.close()
    await until('Ann to learn that Bob left', () => ann.members.size === 2)
    expect(links(ann)).toEqual([undefined, 'local'])
  })

  test("has the same members and messages for the host and all guests, even for one in the host's own browser", async () => {
    const { room: ann } = await hosted()
    const { room: bob, link } = await visited('Bob', 'b')
    const { room: cy, end } = await visited('Cy', 'a')
    await until('Bob to learn of Cy', () => bob.members.size === 3)
    for (const room of [ann, bob, cy]) expect(names(room)).toEqual(['Ann', 'Bob', 'Cy'])
    bob.say('hi')
    await until("Ann's room to have Bob's message", () => lines(ann).includes('Bob: hi'))
    ann.say('hello')
    ann.say('  ')
    await until("all rooms to have Ann's message", () =>
      [bob, cy].every((room) => lines(room).includes('Ann: hello')),
    )
    expect(lines(ann)).toEqual(['Bob joined.', 'Cy joined.', 'Bob: hi', 'Ann: hello'])
    expect(lines(bob)).toEqual(['You joined as Bob.', 'Cy joined.', 'Bob: hi', 'Ann: hello'])
    expect(lines(cy)).toEqual(['You joined as Cy.', 'Bob: hi', 'Ann: hello'])
    expect(bob.lines.map(({ kind }) => kind)).toEqual(['note', 'note', 'mine', ''])
    link.close()
    await until('Cy to learn that Bob left', () => lines(cy).includes('Bob left.'))
    expect([names(ann), names(cy)]).toEqual([
      ['Ann', 'Cy'],
      ['Ann', 'Cy'],
    ])
    const ended = expect(end).rejects.toThrow('the connection ended')
    relay.drop('a')
    await ended
    expect(names(cy)).toEqual([])
  })

  test('continues over another link', async () => {
    const { room: ann } = await hosted()
    const { room: bob, link, end } = await visited('Bob', 'b')
    ann.say('hello')
    await until("Bob's room to have it", () => lines(bob).includes('Ann: hello'))
    link.close()
    await end
    void bob.visit(await dial('b'))
    await until('Bob to be back', () => bob.members.size === 2)
    expect(lines(bob)).toEqual(['You joined as Bob.', 'Ann: hello', 'You joined as Bob.'])
  })
})

describe('a room of the 2020 chat', () => {
  /**
   * The page of 2020 at one end of a link: it sends these messages in its own form, and records what it
   * receives.
   */
  function page2020(link: Connection, says: object[], answers: (heard: unknown) => object[]): unknown[] {
    const heard: unknown[] = []
    for (const message of says) sendValue(link, message)
    void (async () => {
      for await (const bytes of link) {
        const message: unknown = JSON.parse(new TextDecoder().decode(bytes))
        heard.push(message)
        for (const answer of answers(message)) sendValue(link, answer)
      }
    })().catch(() => undefined) // The relay ends with the test.
    return heard
  }

  const isNamed = (message: unknown, name: string): boolean =>
    typeof message === 'object' && message !== null && 'name' in message && message.name === name
  /** As that page encodes an object. */
  const stringOf = (fields: object): string => encodeAscii85(new TextEncoder().encode(JSON.stringify(fields)))

  test('works even if its host never says who is there', async () => {
    const host = await clientOf('a')
    const listener = await host.listen(PROTOCOL)
    const room = new Room('Bob', () => undefined)
    expect(room.star.size).toBe(0)
    void room.visit(await dial('b'))
    const { value: guest, done } = await listener[Symbol.asyncIterator]().next()
    if (done === true) throw new Error('no connection arrived')
    const heard = page2020(guest, [{ name: 'message', from: 'Ann', text: 'hello' }], () => [])
    await until("Bob's room to have Ann's message", () => lines(room).includes('Ann: hello'))
    expect(room.star.size).toBe(1)
    room.say('hi')
    await until("Ann to receive Bob's message", () => heard.length === 2)
    expect(heard).toEqual([
      { name: 'user', user: 'Bob' },
      { name: 'message', from: 'Bob', text: 'hi' },
    ])
    expect(lines(room)).toEqual(['Ann: hello', 'Bob: hi'])
  })

  test('works even if its host says nothing at all', async () => {
    const host = await clientOf('a')
    const listener = await host.listen(PROTOCOL)
    const room = new Room('Bob', () => undefined)
    void room.visit(await dial('b'))
    const { value: guest, done } = await listener[Symbol.asyncIterator]().next()
    if (done === true) throw new Error('no connection arrived')
    const heard = page2020(guest, [], () => [])
    await until('Bob to be admitted', () => room.star.size === 1)
    room.say('hi')
    await until("Ann to receive Bob's message", () => heard.length === 2)
    expect(heard).toEqual([
      { name: 'user', user: 'Bob' },
      { name: 'message', from: 'Bob', text: 'hi' },
    ])
  })

  test('whose host is behind a relaying page is joined when the host calls back', async () => {
    const [relayPage, host, guest] = [await clientOf('r'), await clientOf('h'), await clientOf('b')]
    const heard: unknown[] = []

    // The relaying page identifies its host by its link, and forwards requests to it.
    const links = await relayPage.listen('/x/chat-relay')
    let toHost: Connection | undefined
    void (async () => {
      for await (const link of links) {
        void (async () => {
          for await (const bytes of link) {
            const { name, ...request } = JSON.parse(new TextDecoder().decode(bytes)) as { name: string }
            if (name === 'requestHosting') toHost = link
            if (name !== 'requestCallback' || toHost === undefined) continue
            sendValue(toHost, { name: 'receiveRelayCallbackRequest', ...request, peerID: link.peer })
            link.close()
          }
        })().catch(() => undefined)
      }
    })().catch(() => undefined) // As above.

    // The host calls back everyone who asks for it, and then treats the link as a guest's.
    const relayed = await host.dial('r', '/x/chat-relay')
    page2020(relayed, [{ name: 'requestHosting', protocol: PROTOCOL }], (message) => {
      const { peerID, callbackPeer, callbackProtocol, token, protocol } = message as Record<string, string>
      void (async () => {
        const link = await host.dial(callbackPeer ?? peerID ?? '', callbackProtocol ?? '')
        const said = page2020(link, [{ peerID: host.peer, protocol, token }], (words) =>
          isNamed(words, 'user')
            ? [
                { name: 'users', users: { h: 'Ann', b: 'Bob' } },
                { name: 'message', from: 'Ann', text: 'hello' },
              ]
            : [],
        )
        heard.push(said)
      })()
      return []
    })
    await until('the host to be known', () => toHost)

    const room = readConnectString(
      stringOf({ peerID: 'h', relayID: 'r', protocol: PROTOCOL, addrs: ['/ip4/127.0.0.1/tcp/1'] }),
    )
    // Another peer that comes first is not mistaken for the host.
    const [link] = await Promise.all([
      connectToHost(guest, room),
      until('the guest to listen', async () => {
        const client = await clientOf('z')
        const stray = await client.dial('b', '/x/chat-callback').catch(() => undefined)
        if (stray === undefined) return false
        sendValue(stray, { peerID: 'h', protocol: PROTOCOL, token: 'guessed' })
        return true
      }),
    ])
    const bob = new Room('Bob', () => undefined)
    void bob.visit(link)
    await until("Bob's room to have Ann's message", () => lines(bob).includes('Ann: hello'))
    expect(names(bob)).toEqual(['Ann', 'Bob'])
    bob.say('hi')
    await until("Ann to receive Bob's message", () =>
      (heard as unknown[][]).flat().some((one) => isNamed(one, 'message')),
    )
  })

  test('fails immediately if the relaying page refuses it', async () => {
    const relayPage = await clientOf('r')
    const links = await relayPage.listen('/x/chat-relay')
    void (async () => {
      for await (const link of links) {
        page2020(link, [], () => [{ name: 'error', code: 'notConnected', error: 'Relay not connected' }])
      }
    })().catch(() => undefined) // As above.
    const room = { peer: 'h', relay: 'r', protocol: PROTOCOL, addrs: [] }
    await expect(connectToHost(await clientOf('b'), room)).rejects.toThrow(
      'the relaying page refused: Relay not connected',
    )
  })

  test("cannot be joined with its relay's connect string, and the error says so", () => {
    const fields = { type: 'relayAddr', relayID: 'r', protocol: '/x/chat-relay', addrs: [] }
    expect(() => readConnectString(stringOf(fields))).toThrow(
      /^this string names a page of the 2020 chat that relays for hosts, not a room\. Ask the host/,
    )
  })
})

describe('the host', () => {
  test('answers a guest with all users, and informs the other guests, as the 2020 chat does', async () => {
    await hosted()
    const bob = await stranger('b', { name: 'user', user: 'Bob' })
    await until('Bob to be in', () => bob.heard.length === 1)
    const cy = await stranger('c', { name: 'user', user: 'Cy' })
    await until('Bob to learn of Cy', () => bob.heard.length === 2)
    sendValue(cy.link, { name: 'message', from: 'Cy', text: 'hi' })
    await until("Bob to receive Cy's message", () => bob.heard.length === 3)
    cy.link.close()
    await until('Bob to learn that Cy left', () => bob.heard.length === 4)
    expect(bob.heard).toEqual([
      { name: 'users', users: { a: 'Ann', b: 'Bob' } },
      { name: 'addUser', peerID: 'c', user: 'Cy' },
      { name: 'message', from: 'Cy', text: 'hi' },
      { name: 'removeUser', peerID: 'c' },
    ])
    expect(cy.heard).toEqual([{ name: 'users', users: { a: 'Ann', b: 'Bob', c: 'Cy' } }])
  })

  test('distinguishes several guests from one browser', async () => {
    const { room } = await hosted()
    const first = await stranger('b', { name: 'user', user: 'Bob' })
    await until('one guest to be in', () => room.members.size === 2)
    const second = await stranger('b', { name: 'user', user: 'Bob' })
    await until('both guests to be in', () => room.members.size === 3)
    first.link.close()
    await until('the other guest to learn it', () => second.heard.some(({ name }) => name === 'removeUser'))
    expect(second.heard.at(-1)).toEqual({ name: 'removeUser', peerID: 'b' })
    expect([...room.members.keys()]).toEqual(['a', expect.stringMatching(/^b#\d+$/)])
  })

  test('lets nobody speak for another or without a name, or remove other guests', async () => {
    const { room } = await hosted()
    const bob = await stranger('b', { name: 'user', user: 'Bob' })
    await until('Bob to be in', () => bob.heard.length === 1)
    await stranger(
      'c',
      { name: 'message', from: 'Ann', text: 'too early' },
      { name: 'kick' },
      { name: 'removeUser', peerID: 'b' },
      { name: 'users', users: {} },
      { name: 'user', user: 'Cy' },
      { name: 'user', user: 'Ann' },
      { name: 'message', from: 'Ann', text: 'I am Ann' },
    )
    await until('what Cy says', () => bob.heard.length === 3)
    expect(bob.heard.at(-1)).toEqual({ name: 'message', from: 'Cy', text: 'I am Ann' })
    expect(lines(room)).toEqual(['Bob joined.', 'Cy joined.', 'Cy: I am Ann'])
  })

  test('admits guests up to a limit, and tells the next one, who is never shown as a member', async () => {
    const { room, client } = await hosted()
    const early = []
    for (let peer = 0; early.length < MAX_CONNECTIONS; peer++) {
      const guests = await clientOf(`guest-${peer}`)
      for (let guest = 0; guest < MAX_CONNECTIONS_PER_PEER; guest++)
        early.push(await guests.dial(client.peer, PROTOCOL))
    }
    const guests = await clientOf('b')
    const sizes = new Set<number>()
    const bob: Room = new Room('Bob', () => sizes.add(bob.star.size))
    await expect(bob.visit(await guests.dial(client.peer, PROTOCOL))).rejects.toThrow(FullError)
    expect([...sizes]).toEqual([0])
    expect([names(room), names(bob)]).toEqual([['Ann'], []])
    // A slot that is free again goes to the next guest.
    early[0]?.close()
    await early[0]?.closed
    void bob.visit(await guests.dial(client.peer, PROTOCOL))
    await until('Bob to be in', () => names(bob).length === 2)
  })

  test('leaves slots for others, however many one peer wants', async () => {
    const { client } = await hosted()
    const greedy = await clientOf('greedy')
    for (let link = 0; link < MAX_CONNECTIONS_PER_PEER; link++) await greedy.dial(client.peer, PROTOCOL)
    const last = new Room('Greedy', () => undefined)
    await expect(last.visit(await greedy.dial(client.peer, PROTOCOL))).rejects.toThrow(FullError)
    const { room: bob } = await visited('Bob', 'b')
    expect(names(bob)).toEqual(['Ann', 'Bob'])
  })
})
