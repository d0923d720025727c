import { WebSocket } from 'ws'
import type { Client } from '../../src/client/index.ts'
import { connect } from '../../src/client/index.ts'
import { wsHost } from './hosts.ts'
import { makeRelay } from './peers.ts'

/** Starts a relay and returns a typed client of it. What ends both is added to `cleanups`. */
export async function startClientOfRelay(
  cleanups: (() => Promise<unknown> | void)[],
  options: Parameters<typeof makeRelay>[0] = {},
): Promise<Client> {
  const relay = makeRelay(options)
  const served = await wsHost.serve(relay)
  cleanups.push(
    () => relay.stop(),
    () => served.close(),
  )
  if (served.url === undefined) throw new Error('the host has no URL')
  const client = await connect(served.url, { WebSocket })
  cleanups.push(() => client.close())
  return client
}
