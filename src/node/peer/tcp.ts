import { tcp } from '@libp2p/tcp'
import type { TransportFactory } from '../../relay/index.ts'

/**
 * Bytes that a connection hands to its socket before it waits for the socket to drain. With Node's default of
 * 16 KiB, a connection would pause after every message of 64 KiB.
 */
const HIGH_WATER_BYTES = 262_144

/**
 * Returns the TCP transport. The types of `@libp2p/tcp` list only some of the options that it passes to Node.
 */
export function tcpTransport(): TransportFactory {
  const dialOpts = { noDelay: true, writableHighWaterMark: HIGH_WATER_BYTES }
  const listenOpts = { noDelay: true, highWaterMark: HIGH_WATER_BYTES }
  return tcp({ dialOpts, listenOpts })
}
