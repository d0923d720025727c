import { Server } from 'node:net'
import type { TransportFactory } from '../../../relay/index.ts'

/** Milliseconds in which a connection must bring its first byte. */
const FIRST_BYTE_MS = 5_000

/**
 * A transport whose listeners end the connections on which nothing comes.
 *
 * js-libp2p's listener for WebSockets waits for the first byte of a connection for as long as it stands,
 * before any bound on handshakes sees it: who opens some every second would use up the files that this
 * process may have open.
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

/** The server is no part of js-libp2p's interface: should it go, that is noticed at the start. */
function serverOf(listener: object): Server {
  if ('server' in listener && listener.server instanceof Server) return listener.server
  throw new Error('@libp2p/websockets has changed: its listener has no server')
}
