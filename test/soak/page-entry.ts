/*
 * The part of a tab in the soak: it receives transfers, and makes those that it is told to make. It reports
 * each outcome to the runner immediately, so that it is known even if the tab goes away.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import type { Client, Connection, DialTarget } from '../../src/client/index.ts'
import { connect, relayUrl } from '../../src/client/index.ts'
import { AdminClient } from '../../src/site/admin-client.ts'
import type { RelayStatus } from '../../src/status/index.ts'
import { contentOf } from './content.ts'

/** A transfer, as its sender announces it in the first message. */
export interface Transfer {
  id: number
  seed: number
  bytes: number
}

/** What a tab reports to the runner. */
export type Told =
  /**
   * So many bytes of a transfer have arrived, with this hash (SHA-256, hex); `reason` is how it ended, in the
   * relay's words.
   */
  | { kind: 'received'; id: number; bytes: number; hash: string; reason: string }
  /** The receiver has confirmed how many bytes it received, and their hash. */
  | { kind: 'acknowledged'; id: number; bytes: number; hash: string }
  | { kind: 'failed'; id: number; at: 'dial' | 'stream'; reason: string }

declare global {
  /** Provided in every tab by the runner. */
  var tell: (told: Told) => Promise<void>
}

let client: Client | undefined

/**
 * Connects to this browser's peer and receives transfers on `protocol`; returns the peer's ID and addresses.
 */
export async function begin(protocol: string): Promise<string> {
  client = await connect(relayUrl(location.href))
  const listener = await client.listen(protocol)
  void (async () => {
    for await (const connection of listener) void receive(connection)
  })().catch((error: unknown) => console.debug('the listener ended', error))
  return client.peer
}

/** The peer's current status. */
export async function identity(): Promise<{ peer: string; addresses: string[]; isPublic: boolean }> {
  const fresh = await connect(relayUrl(location.href))
  const { peer, addresses, public: isPublic } = fresh
  fresh.close()
  return { peer, addresses: [...addresses], isPublic }
}

/** The state of the peer. */
export async function status(): Promise<RelayStatus> {
  const link = new AdminClient(relayUrl(location.href))
  try {
    return (await link.ask({ type: 'report' })).status
  } finally {
    link.close()
  }
}

/** The state of each relay: why it holds no reservation, if it doesn't. */
export async function relays(): Promise<{ relay: string; isHeld: boolean; lastError: string }[]> {
  const { peer } = await status()
  return (peer?.relays ?? []).map(({ relay, state, lastError }) => ({
    relay,
    isHeld: state.kind === 'held',
    lastError: lastError?.message ?? '',
  }))
}

/** Makes a peer answer libp2p's own ping. Rejects with the relay's reason. */
export async function ping(target: DialTarget): Promise<void> {
  if (client === undefined) throw new Error('the tab has not started')
  const connection = await client.dial(target, '/ipfs/ping/1.0.0', { frames: false })
  connection.send(crypto.getRandomValues(new Uint8Array(32)))
  const { done } = await connection[Symbol.asyncIterator]().next()
  connection.close()
  if (done === true) throw new Error('it did not answer')
}

/** Makes a transfer. Its messages are `pauseMs` apart, so that it takes a while. */
export async function send(
  target: DialTarget,
  protocol: string,
  transfer: Transfer,
  pauseMs: number,
): Promise<void> {
  const { id, seed, bytes } = transfer
  let at: 'dial' | 'stream' = 'dial'
  try {
    if (client === undefined) throw new Error('the tab has not started')
    const connection = await client.dial(target, protocol)
    at = 'stream'
    connection.send(new TextEncoder().encode(JSON.stringify(transfer)))
    const answer = nextText(connection)
    answer.catch(() => undefined)
    for (const message of contentOf(seed, bytes)) {
      if (!connection.send(message)) await connection.drain()
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
    const [count = '', hash = ''] = (await answer).split(' ')
    connection.close()
    await tell({ kind: 'acknowledged', id, bytes: Number(count), hash })
  } catch (error) {
    await tell({ kind: 'failed', id, at, reason: error instanceof Error ? error.message : String(error) })
  }
}

async function receive(connection: Connection): Promise<void> {
  const messages = connection[Symbol.asyncIterator]()
  const first = await messages.next().catch(() => undefined)
  if (first === undefined || first.done === true) return
  const { id, bytes } = JSON.parse(new TextDecoder().decode(first.value)) as Transfer
  const hash = sha256.create()
  let count = 0
  const hex = (): string =>
    [...hash.clone().digest()].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  try {
    for (;;) {
      const next = await messages.next()
      if (next.done === true) break
      count += next.value.byteLength
      hash.update(next.value)
      if (count === bytes) connection.send(new TextEncoder().encode(`${count} ${hex()}`))
    }
  } catch (error) {
    console.debug('a transfer ended early', error)
  }
  const { reason } = await connection.closed
  await tell({ kind: 'received', id, bytes: count, hash: hex(), reason })
}

async function nextText(connection: Connection): Promise<string> {
  const next = await connection[Symbol.asyncIterator]().next()
  if (next.done === true) throw new Error('it ended before all of it was acknowledged')
  return new TextDecoder().decode(next.value)
}
