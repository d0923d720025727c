import type { Readable } from 'node:stream'
import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { WebSocket } from 'ws'
import type { Client } from '../../client/index.ts'
import { ClientError, connect } from '../../client/index.ts'
import { oneLine } from '../command-error.ts'
import type { TargetSpec } from '../forward/specs.ts'
import { createServer } from '../http/server.ts'
import type { CreateRelayInit } from './create-relay.ts'
import { createRelay } from './create-relay.ts'
import type { NodeFlags } from './flags.ts'

/** The command's standard input and output. */
export interface StandardStreams {
  input: Readable
  output: Writable
}

/**
 * Joins standard input and output with one stream of a peer, until both directions have ended. Uses the relay
 * that already runs on this machine. If there is none, starts a peer for as long as the stream is open.
 *
 * Resolves if both directions ended in order. Otherwise rejects with what went wrong, or with the reason of
 * `signal`.
 */
export async function pipe(
  { target, protocol }: TargetSpec,
  { input, output }: StandardStreams,
  flags: NodeFlags,
  init: CreateRelayInit,
  signal: AbortSignal,
): Promise<void> {
  const { client, close } = (await runningRelay(flags, signal)) ?? (await ownRelay(flags, init, signal))
  try {
    const connection = await client.dial(target, protocol, { frames: false, signal })
    const ending = new AbortController()
    const reset = (): void => connection.reset()
    signal.addEventListener('abort', reset, { signal: ending.signal })
    try {
      const ended = connection.closed.then((end) => {
        if (!end.clean) throw new Error(`the stream ended early: ${end.reason}`)
      })
      const received = pipeline(connection.readable, output, { end: false })
      const sent = connection.writable
      // The error of a stream that ends early says more than those of the two pipelines.
      await Promise.all([ended, received, pipeline(input, Writable.fromWeb(sent))])
    } finally {
      ending.abort()
      connection.reset()
    }
  } catch (error) {
    signal.throwIfAborted()
    throw new Error(oneLine(error), { cause: error })
  } finally {
    await close()
  }
}

interface OpenClient {
  client: Client
  close: () => Promise<void>
}

/** Connects to a relay. Its messages are those of a program, so they have no Origin. */
const connectTo = (port: number, signal: AbortSignal): Promise<Client> =>
  connect(`ws://127.0.0.1:${port}/libp2p`, { WebSocket, signal })

/** Returns a client of the relay that runs on this machine, if there is one on this port. */
async function runningRelay({ port }: NodeFlags, signal: AbortSignal): Promise<OpenClient | undefined> {
  if (port === 0) return undefined
  try {
    const client = await connectTo(port, signal)
    return { client, close: async () => client.close() }
  } catch (error) {
    if (error instanceof ClientError && error.code === 'ERR_RELAY_UNREACHABLE') return undefined
    throw error
  }
}

/** Starts a peer, and returns a client of it. */
async function ownRelay(flags: NodeFlags, init: CreateRelayInit, signal: AbortSignal): Promise<OpenClient> {
  const relay = await createRelay(flags, init)
  const server = await createServer({ core: relay, port: 0, files: [], warn: init.warn })
  const close = async (): Promise<void> => {
    await server.close()
    await relay.stop()
  }
  try {
    return { client: await connectTo(server.port, signal), close }
  } catch (error) {
    await close()
    throw error
  }
}
