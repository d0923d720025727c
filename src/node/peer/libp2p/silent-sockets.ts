import { Server } from 'node:net'
import type { TransportFactory } from '../../../relay/index.ts'

/** Milliseconds until the first byte of a connection. */
const FIRST_BYTE_MS = 5_000

/**
 * Returns a transport whose listeners close connections on which no byte arrives.
 *
 * js-libp2p's listener for WebSockets waits for the first byte of a connection without a timeout. Its limit
 * on handshakes doesn't count the connection until then. An attacker who opens a few connections every second
 * would use up the file descriptors of this process.
 */
export function endSilentSockets(make: TransportFactory): TransportFactory {
  return (components) => {
    const transport = make(components)
    const createListener = transport.createListener.bind(transport)
    transport.createListener = (options) => {
      const listener = createListener(options)
      watch(serverOf(listener))
      return listener
    }
    return transport
  }
}

function watch(server: Server): void {
  server.on('connection', (socket) => {
    const timer = setTimeout(() => {
      if (socket.bytesRead === 0) socket.destroy()
    }, FIRST_BYTE_MS)
    timer.unref()
    socket.once('close', () => clearTimeout(timer))
  })
}

/** Returns the server of a listener, a private field of js-libp2p. Throws if a listener has none. */
function serverOf(listener: object): Server {
  if ('server' in listener && listener.server instanceof Server) return listener.server
  throw new Error('@libp2p/websockets has changed: its listener has no server')
}
