import { afterEach } from 'vitest'
import { WebSocket } from 'ws'
import type { Client, Connection } from '../../src/client/index.ts'
import { connect } from '../../src/client/index.ts'
import type { Frame } from '../../src/room/frames.ts'
import { PartKind, decodeFrame, encodeFrame } from '../../src/room/frames.ts'
import { shakeHands } from '../../src/room/handshake.ts'
import { randomBytes, toBase64Url } from '../../src/room/member.ts'
import { deriveKeys } from '../../src/room/room-keys.ts'
import { encodeValue } from '../../src/room/values.ts'
import type { JoinOptions, Room } from '../../src/room/index.ts'
import { joinRoom } from '../../src/room/index.ts'
import type { Host, ServedRelay } from '../support/hosts.ts'
import { wsHost } from '../support/hosts.ts'
import { makeRelay } from '../support/peers.ts'
import { until } from '../support/until.ts'
import type { TcpProxy } from '../support/tcp-proxy.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'

export type TestRoom = Room

/** What a new page could call itself. */
export const randomPage = (): string => toBase64Url(randomBytes(8))

/** A peer on loopback, and what lies between it and others. */
export interface LabPeer {
  url: string
  id: string
  /** How others reach it: through the proxy. */
  target: { peer: string; addrs: string[] }
  proxy: TcpProxy
  /** Ends the peer as if its process died. */
  stop(): Promise<void>
}

/** How a page of a lab joins. */
export interface LabJoinOptions<Messages, State> extends JoinOptions<Messages, State> {
  /** Peers that it is told of. */
  others?: LabPeer[]
}

/** Peers and rooms that end with the test that made them. */
export class RoomLab {
  readonly cleanups: (() => Promise<unknown> | void)[] = []

  /** Call this while a suite is described. */
  constructor() {
    afterEach(async () => {
      for (const cleanup of this.cleanups.splice(0).reverse()) await cleanup()
    })
  }

  /** A peer that others can reach over a path that can be cut. */
  async peer(options: Parameters<typeof makeRelay>[0] = {}, host: Host = wsHost): Promise<LabPeer> {
    const relay = makeRelay(options)
    const served: ServedRelay = await host.serve(relay)
    const { url } = served
    if (url === undefined) throw new Error('the host has no URL')
    const client = await connect(url, { WebSocket })
    const [address = ''] = client.addresses
    const proxy = await startTcpProxy(Number(/tcp\/(\d+)/u.exec(address)?.[1]))
    const { peer } = client
    client.close()
    const stop = async (): Promise<void> => {
      await relay.stop()
      await served.close()
    }
    this.cleanups.push(stop, () => proxy.close())
    const target = { peer, addrs: [`/ip4/127.0.0.1/tcp/${proxy.port}`] }
    return { url, id: peer, target, proxy, stop }
  }

  async client(peer: LabPeer): Promise<Client> {
    const client = await connect(peer.url, { WebSocket })
    this.cleanups.push(() => client.close())
    return client
  }

  /** Dials the door of a room at another peer, and proves that it knows its name. */
  async raw(client: Client, target: LabPeer, name: string, page = randomPage()): Promise<RawMember> {
    const keys = await deriveKeys(name, '', '')
    const connection = await client.dial(target.target, keys.protocol)
    await shakeHands(connection, { proof: keys.proof, peer: client.peer, page, refusalOf: () => undefined })
    return new RawMember(connection, page)
  }

  /** A page of the peer in a room. */
  async join<Messages = unknown, State = unknown>(
    peer: LabPeer,
    name: string,
    options: LabJoinOptions<Messages, State> = {},
  ): Promise<Room<Messages, State>> {
    const { others = [], ...rest } = options
    const peers = others.map(({ target }) => target)
    const room = await joinRoom<Messages, State>(name, { url: peer.url, WebSocket, peers, ...rest })
    this.cleanups.push(() => room.leave())
    return room
  }
}

/** A member that a test plays by hand, after an honest handshake. */
export class RawMember {
  readonly connection: Connection
  readonly page: string
  readonly received: Frame[] = []
  /** Whether it acknowledges what arrives. */
  acknowledges = true
  #sent = 0
  #parts = 0

  constructor(connection: Connection, page: string) {
    this.connection = connection
    this.page = page
    void this.#read()
  }

  send(frame: Frame): void {
    this.connection.send(encodeFrame(frame))
  }

  /** Sends a message of one part, with the next number. */
  part(kind: number, body: Uint8Array): void {
    this.send({ type: 'part', kind, isLast: true, seq: this.#sent++, body })
  }

  say(data: unknown): void {
    this.part(PartKind.message, encodeValue(data))
  }

  async next<T extends Frame['type']>(type: T): Promise<Extract<Frame, { type: T }>> {
    const isType = (frame: Frame): frame is Extract<Frame, { type: T }> => frame.type === type
    return await until(`a frame of type ${type}`, () => this.received.find(isType))
  }

  /** Begins the session and sets a state, so that the other side sees it join. */
  async enter(state: unknown = 'Raw'): Promise<void> {
    this.send({ type: 'session', own: 1, known: 0, received: 0 })
    await this.next('session')
    this.part(PartKind.state, encodeValue(state))
  }

  async #read(): Promise<void> {
    try {
      for await (const bytes of this.connection) {
        const frame = decodeFrame(bytes)
        if (frame === undefined) continue
        this.received.push(frame)
        if (frame.type !== 'part') continue
        this.#parts += 1
        if (this.acknowledges) this.send({ type: 'ack', received: this.#parts })
      }
    } catch {
      // The test looks at `connection.closed`.
    }
  }
}

/** Everything that a room reports from now on, in words, such as `message 1`. */
export function logOf(room: TestRoom): string[] {
  const log: string[] = []
  for (const type of ['join', 'leave', 'state', 'link'] as const)
    room.addEventListener(type, () => log.push(type))
  room.addEventListener('message', ({ data }) => log.push(`message ${JSON.stringify(data)}`))
  room.addEventListener('missed', ({ count }) => log.push(`missed ${count}`))
  room.addEventListener('error', ({ error }) => log.push(error.code))
  room.addEventListener('close', () => log.push('close'))
  return log
}

/** Only the data of messages that a room receives from now on. */
export function messagesOf(room: TestRoom): unknown[] {
  const messages: unknown[] = []
  room.addEventListener('message', ({ data }) => messages.push(data))
  return messages
}
