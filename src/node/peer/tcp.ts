import { Socket } from 'node:net'
import type { Connection, Libp2pEvents, TypedEventTarget } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import type { Uint8ArrayList } from 'uint8arraylist'
import type { TransportFactory } from '../../relay/index.ts'

/**
 * Bytes that a connection hands to its socket before it waits for the socket to drain. With Node's 16 KiB a connection would
 * stop after each message of 64 KiB.
 */
const HIGH_WATER_BYTES = 262_144

/** The transport of `@libp2p/tcp`. Its types know only some of the options that it hands on to Node. */
export function tcpTransport(): TransportFactory {
  const dialOpts = { noDelay: true, writableHighWaterMark: HIGH_WATER_BYTES }
  const listenOpts = { noDelay: true, highWaterMark: HIGH_WATER_BYTES }
  return tcp({ dialOpts, listenOpts })
}

/** What a connection of that transport has, though it is no part of the interface. */
interface TcpConnection {
  readonly socket: Socket
  sendData(data: Uint8ArrayList): { sentBytes: number; canSendMore: boolean }
}

/**
 * Writes all that TCP connections send in one go by one call of the system.
 *
 * js-libp2p writes each piece of an encrypted message by itself: lengths, header, text and tag are two to six calls, and as many
 * packets, as nothing is held back (`noDelay`). It costs a third more of a processor for messages of 1 KiB, a tenth for 64 KiB.
 */
export function corkTcp(events: TypedEventTarget<Libp2pEvents>): void {
  events.addEventListener('connection:open', ({ detail }) => {
    const connection = tcpConnectionOf(detail)
    if (connection === undefined) return
    const { socket } = connection
    const sendData = connection.sendData.bind(connection)
    connection.sendData = (data) => {
      if (socket.writableCorked === 0) {
        socket.cork()
        process.nextTick(() => socket.uncork())
      }
      return sendData(data)
    }
  })
}

function tcpConnectionOf(connection: Connection): TcpConnection | undefined {
  const { maConn } = connection as Connection & { maConn?: object }
  if (maConn === undefined || !('socket' in maConn) || !('sendData' in maConn)) return undefined
  return maConn.socket instanceof Socket ? (maConn as TcpConnection) : undefined
}
