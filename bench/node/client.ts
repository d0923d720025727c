import { WebSocket } from 'ws'
import type { Client } from '../../src/client/index.ts'
import { connect } from '../../src/client/index.ts'

/** A client of the Node build in this process, over a WebSocket of `ws`. */
export function connectClient(origin: string): Promise<Client> {
  return connect(`${origin.replace('http', 'ws')}/libp2p`, { WebSocket })
}
