import { afterEach } from 'vitest'
import { WebSocket } from 'ws'
import type { Client } from '../../src/client/index.ts'
import { connect } from '../../src/client/index.ts'
import type { JoinOptions, Room } from '../../src/room/index.ts'
import { joinRoom } from '../../src/room/index.ts'
import type { Host, ServedRelay } from '../support/hosts.ts'
import { wsHost } from '../support/hosts.ts'
import { makeRelay } from '../support/peers.ts'
import type { TcpProxy } from '../support/tcp-proxy.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'

export type TestRoom = Room

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

  /** A page of the peer in a room. Others are the peers that it is told of. */
  async join<Messages = unknown, State = unknown>(
    peer: LabPeer,
    name: string,
    options: JoinOptions<Messages, State> & { others?: LabPeer[] } = {},
  ): Promise<Room<Messages, State>> {
    const { others = [], ...rest } = options
    const peers = others.map(({ target }) => target)
    const room = await joinRoom<Messages, State>(name, { url: peer.url, WebSocket, peers, ...rest })
    this.cleanups.push(() => room.leave())
    return room
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
