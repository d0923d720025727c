import type { Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocket, WebSocketServer } from 'ws'
import type { PeerReport } from '../../src/admin/index.ts'
import {
  ADMIN_PROTOCOL,
  chooseProtocol,
  encodeAdminMessage,
  readAdminRequest,
} from '../../src/admin/index.ts'
import type { ClientMessage, LinkState, ServerMessage } from '../../src/protocol/index.ts'
import {
  SUBPROTOCOL,
  decodeClientMessage,
  decodePeerAddress,
  encodeServerMessage,
} from '../../src/protocol/index.ts'

/** Peers without a network: clients of one relay that reach each other through it. */
export interface LoopbackRelay {
  /** The URL of a peer; clients with the same name share that peer. */
  url(peer: string): string
  /** Sets what Identify says for all peers from now on, and sends it to connected clients. */
  identify(change: { addresses?: string[]; public?: boolean }): void
  /** Sets what admin clients get from now on; while it is undefined, as at first, they are refused. */
  report: PeerReport | undefined
  /**
   * Tells clients that this carries all connections between different peers from now on; at first it is
   * `direct`.
   */
  changeLinks(state: LinkState): void
  /** Drops every client of a peer. */
  drop(peer: string): void
  close(): Promise<void>
}

interface End {
  socket: WebSocket
  id: bigint
  other: End | undefined
  /** The protocol of the listener that accepted it. */
  listener: string | undefined
}

/**
 * Starts one on `http`, or by default on a free loopback port.
 * A client's peer is the `peer` in its URL, or else the host name that it used, so 127.0.0.1 and localhost
 * are two peers.
 */
export async function startLoopbackRelay(http: Server = createServer()): Promise<LoopbackRelay> {
  const server = new WebSocketServer({
    server: http,
    path: '/libp2p',
    handleProtocols: (offered) => chooseProtocol(offered).name || false,
  })
  if (!http.listening) await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const base = `ws://127.0.0.1:${(http.address() as AddressInfo).port}/libp2p`
  const peers = new Map<WebSocket, string>()
  const listeners = new Map<string, WebSocket>()
  const ends = new Map<WebSocket, Map<bigint, End>>()
  const ids = new Map<WebSocket, bigint>()
  let linkState: LinkState = 'direct'
  let identity = { addresses: ['/ip4/127.0.0.1/tcp/4006/ws'], public: true }

  const send = (socket: WebSocket, message: ServerMessage): void => socket.send(encodeServerMessage(message))
  const sendIdentity = (socket: WebSocket, peer: string): void =>
    send(socket, { type: 'identify', peer, key: '', ...identity })

  /** Tells the client what carries a connection, if it speaks the subprotocol. */
  function sendLink({ socket, id, other }: End): void {
    if (socket.protocol !== SUBPROTOCOL || other === undefined) return
    const isLocal = peers.get(socket) === peers.get(other.socket)
    send(socket, { type: 'linkChanged', id, state: isLocal ? 'local' : linkState })
  }

  function makeEnd(socket: WebSocket): End {
    const id = ids.get(socket) ?? 0n
    ids.set(socket, id + 1n)
    const end: End = { socket, id, other: undefined, listener: undefined }
    ends.get(socket)?.set(id, end)
    return end
  }

  function closeEnd(end: End | undefined, reason: string): void {
    if (end === undefined || ends.get(end.socket)?.delete(end.id) !== true) return
    send(end.socket, { type: 'connectionClosed', id: end.id, reason })
  }

  function handle(socket: WebSocket, peer: string, message: ClientMessage): void {
    switch (message.type) {
      case 'start':
        return sendIdentity(socket, peer)
      case 'listen': {
        const key = `${peer} ${message.protocol}`
        if (listeners.has(key)) return send(socket, { type: 'listenRefused', protocol: message.protocol })
        listeners.set(key, socket)
        return send(socket, { type: 'listening', protocol: message.protocol })
      }
      case 'stop':
        listeners.delete(`${peer} ${message.protocol}`)
        for (const end of ends.get(socket)?.values() ?? []) {
          if (end.listener !== message.protocol || message.retain) continue
          closeEnd(end, 'its listener was stopped')
          closeEnd(end.other, 'EOF')
        }
        return send(socket, { type: 'listenerClosed', protocol: message.protocol })
      case 'connect': {
        const target = decodePeerAddress(message.peer).peer
        const { protocol } = message
        const listener = listeners.get(`${target} ${protocol}`)
        if (listener === undefined) {
          const error = `no address is known for ${target}: ask for its connect string`
          return send(socket, { type: 'peerConnectionRefused', peer: target, protocol, error })
        }
        const near = makeEnd(socket)
        const far = makeEnd(listener)
        near.other = far
        far.other = near
        far.listener = protocol
        sendLink(far)
        send(listener, { type: 'listenerConnection', id: far.id, peer, protocol })
        sendLink(near)
        return send(socket, { type: 'peerConnection', id: near.id, peer: target, protocol })
      }
      case 'data': {
        const far = ends.get(socket)?.get(message.id)?.other
        if (far !== undefined) send(far.socket, { type: 'data', id: far.id, data: message.data })
        return
      }
      case 'close':
      case 'reset': {
        const near = ends.get(socket)?.get(message.id)
        closeEnd(near, 'closed')
        return closeEnd(near?.other, message.type === 'close' ? 'EOF' : 'the other side reset the stream')
      }
      case 'closeWrite':
      case 'pause':
      case 'resume':
      case 'findPeers':
      case 'stopFinding':
        // Nobody else is to be found, and no example closes only its own half. What a client doesn't read may
        // pile up here: tests send little.
        return
      default:
        message satisfies never
    }
  }

  server.on('connection', (socket, request) => {
    if (socket.protocol === ADMIN_PROTOCOL) {
      answerAdmin(socket, () => relay.report)
      return
    }
    const url = new URL(request.url ?? '', `ws://${request.headers.host}`)
    const peer = url.searchParams.get('peer') ?? url.hostname.replaceAll('.', 'x')
    peers.set(socket, peer)
    ends.set(socket, new Map())
    socket.on('error', () => socket.terminate())
    socket.on('message', (data) =>
      handle(
        socket,
        peer,
        decodeClientMessage(
          new Uint8Array(data as Buffer),
          socket.protocol === SUBPROTOCOL ? SUBPROTOCOL : '',
        ),
      ),
    )
    socket.on('close', () => {
      for (const end of ends.get(socket)?.values() ?? []) closeEnd(end.other, 'the link was lost')
      for (const [key, listener] of listeners) if (listener === socket) listeners.delete(key)
      for (const map of [peers, ends, ids]) map.delete(socket)
    })
    send(socket, { type: 'hello', started: true })
    sendIdentity(socket, peer)
  })

  const relay: LoopbackRelay = {
    report: undefined,
    url: (peer) => `${base}?peer=${peer}`,
    identify(change) {
      identity = { ...identity, ...change }
      for (const [socket, peer] of peers) sendIdentity(socket, peer)
    },
    changeLinks(state) {
      linkState = state
      for (const own of ends.values()) for (const end of own.values()) sendLink(end)
    },
    drop(name) {
      for (const [socket, peer] of peers) if (peer === name) socket.terminate()
    },
    async close() {
      for (const socket of server.clients) socket.terminate()
      server.close()
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
    },
  }
  return relay
}

function answerAdmin(socket: WebSocket, report: () => PeerReport | undefined): void {
  if (report() === undefined) socket.close(1008, 'this relay lets nobody look into it')
  socket.on('message', (data) => {
    const request = readAdminRequest(new Uint8Array(data as Buffer))
    const answer = report()
    if (request?.question.type !== 'report' || answer === undefined) return
    socket.send(encodeAdminMessage({ id: request.id, ok: true, answer }))
  })
}

/** The class of the clients' WebSockets. */
export { WebSocket }
