import type { Transport } from '@libp2p/interface'
import { webSockets } from '@libp2p/websockets'
import type { Multiaddr } from '@multiformats/multiaddr'
import { multiaddrToUri } from '@multiformats/multiaddr-to-uri'
import { patiently } from '../timeouts.ts'
import type { TransportFactory } from './transport-factory.ts'

/** What a dial hands to the transport; it is the same object from one of its methods to the next. */
type DialOptions = Parameters<Transport['dial']>[1]

/** js-libp2p's transport, with the method by which it opens a socket. */
interface WebSocketTransport extends Transport {
  _connect(address: Multiaddr, options: DialOptions): Promise<WebSocket>
}

/** What a host may add to {@link webSocketTransport}. */
export interface WebSocketTransportInit {
  /** Why the host does not let this address be dialled, in words for the user; undefined if it does. */
  refusal?: (address: Multiaddr) => Promise<string | undefined>
}

/**
 * js-libp2p's WebSocket transport, with nothing left of a dial that is given up or fails.
 *
 * js-libp2p drops the socket as it is: it stays pending, or open to a server that says nothing, for as long as the platform
 * lets it, beyond every bound on dials; and what `ws` reports of it in Node, when nobody listens any more, ends the process.
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
    transport._connect = async (address, options) => {
      const refusal = await init.refusal?.(address)
      if (refusal !== undefined) throw new Error(refusal)
      options.signal.throwIfAborted()
      const socket = new WebSocket(multiaddrToUri(address))
      socket.binaryType = 'arraybuffer'
      sockets.set(options, socket)
      holdMessages(socket)
      await patiently(opened(socket), options.signal)
      // js-libp2p isn't told of an end that came before it listens.
      if (socket.readyState !== WebSocket.OPEN)
        throw new Error('the socket was closed as soon as it was open')
      return socket
    }
    return transport
  }
}

/**
 * Keeps messages until somebody listens for them, which js-libp2p does only after the promise of an open socket has settled.
 *
 * A server may speak at once, as go-libp2p does; `ws` then dispatches its first message in the same task as `open`.
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
    // It stays: what happens to a socket after it was given up concerns nobody.
    socket.addEventListener('error', (event) => reject(errorOf(event)))
    socket.addEventListener('close', ({ code }) => reject(new Error(`the socket was closed with ${code}`)))
  })
}

/** Browsers tell a page nothing about why; `ws` does. */
function errorOf(event: Event): Error {
  const { error } = event as Partial<ErrorEvent>
  return error instanceof Error ? error : new Error('no WebSocket could be opened')
}

/** The method is no part of js-libp2p's interface: should it go, that is noticed at the start and not at a leak. */
function asWebSocketTransport(transport: Transport): WebSocketTransport {
  if (!('_connect' in transport)) throw new Error('@libp2p/websockets has changed: it has no _connect')
  return transport as WebSocketTransport
}
