import type { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ServerOptions, WebSocket } from 'ws'
import { WebSocketServer } from 'ws'
import { chooseProtocol } from '../../admin/index.ts'
import { DEFAULT_BOUNDS } from '../../relay/bounds.ts'
import type { AcceptOptions } from '../../relay/relay.ts'
import { oneLine } from '../command-error.ts'
import { DEFAULT_PING_INTERVAL_MS, DEFAULT_PONG_TIMEOUT_MS, startHeartbeat } from './heartbeat.ts'
import type { ServerCore } from '../server-core.ts'
import type { WsControlSocketInit } from './ws-control-socket-init.ts'
import {
  CLOSE_GOING_AWAY,
  CLOSE_INTERNAL_ERROR,
  CLOSE_POLICY_VIOLATION,
  WsControlSocket,
} from './ws-control-socket.ts'

/** Most bytes of one message from a client. The relay has the same limit. */
export const DEFAULT_MAX_PAYLOAD_BYTES = DEFAULT_BOUNDS.maxMessageBytes
/**
 * Most WebSocket frames of one message: 1 KiB each for the largest message, a sixteenth of what browsers
 * send.
 */
export const DEFAULT_MAX_FRAGMENTS = 4096
/** Most network chunks that one incomplete frame is buffered in: 64 bytes each for the largest frame. */
export const DEFAULT_MAX_CHUNKS = 65_536
/** Most control sockets that may be open. */
export const DEFAULT_MAX_CLIENTS = DEFAULT_BOUNDS.maxClients
/** Milliseconds that a closing handshake may take before the connection is destroyed. */
export const DEFAULT_CLOSE_TIMEOUT_MS = 10_000
/** The same, while the whole server stops. */
export const DEFAULT_STOP_TIMEOUT_MS = 1500

export interface ControlEndpointInit extends WsControlSocketInit {
  core: Pick<ServerCore, 'accept'>
  maxPayloadBytes?: number
  maxFragments?: number
  maxChunks?: number
  maxClients?: number
  closeTimeoutMs?: number
  stopTimeoutMs?: number
  pingIntervalMs?: number
  pongTimeoutMs?: number
}

/** Serves `/libp2p`: hands each WebSocket to the core as a control socket. */
export interface ControlEndpoint {
  /** Number of open and closing control sockets. */
  readonly clients: number

  /**
   * Accepts an upgrade that has been allowed, or answers it with an HTTP error if it is invalid.
   *
   * @returns false, without answering, if there are too many clients
   */
  upgrade(request: IncomingMessage, connection: Duplex, head: Buffer, options: AcceptOptions): boolean

  /**
   * Closes every control socket with 1001, and destroys those that don't answer in time. Resolves when all
   * are closed.
   */
  close(): Promise<void>
}

export function createControlEndpoint(init: ControlEndpointInit): ControlEndpoint {
  const maxClients = init.maxClients ?? DEFAULT_MAX_CLIENTS
  // The types lack the option `closeTimeout`.
  const options: ServerOptions & { closeTimeout: number } = {
    noServer: true,
    clientTracking: true,
    perMessageDeflate: false,
    maxPayload: init.maxPayloadBytes ?? DEFAULT_MAX_PAYLOAD_BYTES,
    maxFragments: init.maxFragments ?? DEFAULT_MAX_FRAGMENTS,
    maxBufferedChunks: init.maxChunks ?? DEFAULT_MAX_CHUNKS,
    closeTimeout: init.closeTimeoutMs ?? DEFAULT_CLOSE_TIMEOUT_MS,
    handleProtocols: (offered) => chooseProtocol(offered).name || false,
  }
  const server = new WebSocketServer(options)

  const opened = (socket: WebSocket, connection: Duplex, options: AcceptOptions): void => {
    const { isAdmin, subprotocol } = chooseProtocol([socket.protocol])
    if (isAdmin && !options.mayHaveKey) {
      // The inspector shows the messages of all clients, so it requires the same trust as the key.
      socket.on('error', () => socket.terminate())
      socket.close(CLOSE_POLICY_VIOLATION, 'only pages and programs on this machine may inspect the peer')
      return
    }
    const controlSocket = new WsControlSocket(socket, init)
    try {
      controlSocket.attach(init.core.accept(controlSocket, { ...options, subprotocol, isAdmin: isAdmin }))
    } catch (error) {
      init.warn(`a client was not accepted: ${oneLine(error)}`)
      socket.on('error', () => socket.terminate())
      socket.close(CLOSE_INTERNAL_ERROR, 'the relay failed')
      return
    }
    if (!(connection instanceof Socket)) return
    const life = new AbortController()
    socket.once('close', () => life.abort())
    startHeartbeat(socket, {
      connection,
      isPaused: () => controlSocket.paused,
      pingIntervalMs: init.pingIntervalMs ?? DEFAULT_PING_INTERVAL_MS,
      pongTimeoutMs: init.pongTimeoutMs ?? DEFAULT_PONG_TIMEOUT_MS,
      signal: life.signal,
    })
  }

  return {
    get clients() {
      return server.clients.size
    },

    upgrade(request, connection, head, options) {
      if (server.clients.size >= maxClients) return false
      server.handleUpgrade(request, connection, head, (socket) => opened(socket, connection, options))
      return true
    },

    async close() {
      await new Promise<void>((resolve) => {
        const cut = setTimeout(() => {
          for (const socket of server.clients) socket.terminate()
        }, init.stopTimeoutMs ?? DEFAULT_STOP_TIMEOUT_MS)
        server.close(() => {
          clearTimeout(cut)
          resolve()
        })
        for (const socket of server.clients) {
          socket.close(CLOSE_GOING_AWAY, 'the relay is stopping')
          socket.resume()
        }
      })
    },
  }
}
