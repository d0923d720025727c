import type { Transport, Upgrader } from '@libp2p/interface'
import { webSockets } from '@libp2p/websockets'
import type { Multiaddr } from '@multiformats/multiaddr'
import { multiaddrToUri } from '@multiformats/multiaddr-to-uri'
import { raceSignal } from '../timeouts.ts'
import type { TransportFactory } from './transport-factory.ts'
import { withMethod } from './with-method.ts'

/** The code with which js-libp2p closes the socket of an aborted connection. Only a browser may report it. */
const ABNORMAL_CLOSURE = 1006

/** The options of a dial. The transport passes the same object from one of its methods to the next. */
type DialOptions = Parameters<Transport['dial']>[1]

/** js-libp2p's WebSocket transport, with the private method that opens a socket. */
interface WebSocketTransport extends Transport {
  _connect(address: Multiaddr, options: DialOptions): Promise<WebSocket>
}

/** Options of {@link webSocketTransport}. */
export interface WebSocketTransportInit {
  /** Returns why the host refuses to dial an address, in words for the user. Undefined if it allows it. */
  refusal?: (address: Multiaddr) => Promise<string | undefined>
}

/**
 * Returns js-libp2p's WebSocket transport, which here closes the socket of a dial that fails or is aborted,
 * and that of a connection that is aborted.
 *
 * js-libp2p only drops its reference. The socket stays pending or open for as long as the platform allows,
 * and doesn't count for any bound on dials. In Node, a late error of the socket has no listener, which ends
 * the process. It closes that of a connection with a code that both browsers and `ws` refuse, so the other
 * side isn't told.
 */
export function webSocketTransport(init: WebSocketTransportInit = {}): TransportFactory {
  return (components) => {
    const transport = asWebSocketTransport(webSockets()(components))
    const dial = transport.dial.bind(transport)
    const sockets = new WeakMap<DialOptions, WebSocket>()
    transport.dial = async (address, options) => {
      const own = { ...options }
      try {
        return await dial(address, own)
      } catch (error) {
        sockets.get(own)?.close()
        throw error
      }
    }
    const createListener = transport.createListener.bind(transport)
    transport.createListener = (options) => {
      const { upgrader } = options
      const upgradeInbound: Upgrader['upgradeInbound'] = async (maConn, how) => {
        if ('websocket' in maConn) closeIfReset(maConn.websocket as WebSocket)
        await upgrader.upgradeInbound(maConn, how)
      }
      return createListener({ ...options, upgrader: withMethod(upgrader, 'upgradeInbound', upgradeInbound) })
    }
    transport._connect = async (address, options) => {
      const refusal = await init.refusal?.(address)
      if (refusal !== undefined) throw new Error(refusal)
      options.signal.throwIfAborted()
      const socket = new WebSocket(multiaddrToUri(address))
      socket.binaryType = 'arraybuffer'
      sockets.set(options, socket)
      closeIfReset(socket)
      holdMessages(socket)
      await raceSignal(opened(socket), options.signal)
      // js-libp2p would not notice that the socket was closed before it listens.
      if (socket.readyState !== WebSocket.OPEN)
        throw new Error('the socket was closed as soon as it was open')
      return socket
    }
    return transport
  }
}

function closeIfReset(socket: WebSocket): void {
  const close = socket.close.bind(socket)
  socket.close = (code, reason) => {
    if (code === ABNORMAL_CLOSURE) close()
    else close(code, reason)
  }
}

/**
 * Queues messages until the first listener is added. js-libp2p adds it only after the promise of the open
 * socket settles.
 *
 * A server may send immediately, as go-libp2p does, and `ws` may dispatch that message in the same task as
 * `open`.
 */
function holdMessages(socket: WebSocket): void {
  const held: Event[] = []
  const hold = (event: Event): void => void held.push(event)
  const listen: (
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ) => void = socket.addEventListener.bind(socket)
  listen('message', hold)
  socket.addEventListener = (
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void => {
    listen(type, listener, options)
    if (type !== 'message') return
    socket.addEventListener = listen
    socket.removeEventListener('message', hold)
    for (const event of held) {
      if (typeof listener === 'function') listener.call(socket, event)
      else listener.handleEvent(event)
    }
  }
}

async function opened(socket: WebSocket): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve(), { once: true })
    // This listener stays, so that a late error of an abandoned socket is handled.
    socket.addEventListener('error', (event) => reject(errorOf(event)))
    socket.addEventListener('close', ({ code }) => reject(new Error(`the socket was closed with ${code}`)))
  })
}

/** Returns the reason of an error event. Only `ws` gives one; browsers hide it from pages. */
function errorOf(event: Event): Error {
  const { error } = event as Partial<ErrorEvent>
  return error instanceof Error ? error : new Error('the WebSocket could not be opened')
}

/** Checks at the start that the private method exists, as its absence would otherwise show only as a leak. */
function asWebSocketTransport(transport: Transport): WebSocketTransport {
  if (!('_connect' in transport)) throw new Error('@libp2p/websockets has changed: it has no _connect')
  return transport as WebSocketTransport
}
