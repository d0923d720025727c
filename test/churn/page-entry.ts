/*
 * The part of a page in the churn: it sends and receives transfers of known content, and lends WebRTC. It
 * does nothing about losses. The sender sends, and the receiver hashes what arrives.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import type { Client, Connection, DialTarget } from '../../src/client/index.ts'
import { connect, relayUrl } from '../../src/client/index.ts'
import { AdminClient } from '../../src/site/admin-client.ts'
import type { RelayStatus } from '../../src/status/index.ts'
import { contentOf } from '../soak/content.ts'

/** A transfer, as its sender announces it in the first message. */
export interface Transfer {
  id: number
  seed: number
  bytes: number
  /** Milliseconds over which it is spread; 0 for as fast as it goes. */
  lastsMs: number
}

/** What a page knows of a transfer that it sends or receives. */
export interface Progress {
  bytes: number
  /** SHA-256 in hexadecimal, once all bytes have been sent or have arrived. */
  hash?: string
  /** The receiver's hash, as its answer told the sender. */
  answer?: string
  /** Why the Connect was refused. */
  refused?: string
  /** How the connection ended, in the relay's words. */
  ended?: string
}

/** Milliseconds from one arrival to the next, which make it a stall. */
const MIN_STALL_MS = 50

/** A time without an arrival: its start and its end, in milliseconds since 1970. */
export type Stall = [fromMs: number, toMs: number]

const sent = new Map<number, Progress>()
const received = new Map<number, Progress>()
const stalls = new Map<number, Stall[]>()
const lent = new Set<RTCPeerConnection>()
let client: Client | undefined

/** Connects to this page's peer, and receives transfers. Returns the peer's ID. */
export async function begin(protocol: string): Promise<string> {
  client = await connect(relayUrl(location.href))
  const listener = await client.listen(protocol)
  void (async () => {
    for await (const connection of listener)
      receive(connection).catch((error: unknown) => console.debug('a transfer ended early', error))
  })().catch((error: unknown) => console.debug('the listener ended', error))
  return client.peer
}

/** The addresses of the peer now. */
export async function addresses(): Promise<string[]> {
  const fresh = await connect(relayUrl(location.href))
  const now = [...fresh.addresses]
  fresh.close()
  return now
}

/** Lends this page's WebRTC under this title. */
export async function lend(title: string): Promise<void> {
  document.title = title
  const { RTCPeerConnection: Native } = globalThis
  globalThis.RTCPeerConnection = class extends Native {
    constructor(configuration?: RTCConfiguration) {
      super(configuration)
      lent.add(this)
    }
  }
  // A page lends from its first socket on.
  await connect(relayUrl(location.href))
}

/** Ends the WebRTC connections that this page has lent. */
export function abortLinks(): void {
  for (const connection of lent) {
    connection.close()
    // A connection that fails says so. One that its own side closes doesn't.
    connection.dispatchEvent(new Event('connectionstatechange'))
  }
  lent.clear()
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

/** What this page has sent and received, by transfer. */
export function progress(): { sent: [number, Progress][]; received: [number, Progress][] } {
  return { sent: [...sent], received: [...received] }
}

/** The stalls of a transfer that arrives here, of those that ended after this time. */
export function stallsOf(id: number, afterMs: number): Stall[] {
  return (stalls.get(id) ?? []).filter(([, toMs]) => toMs > afterMs)
}

/** Makes a transfer. Resolves once the receiver has answered, or it has failed; the connection stays open. */
export async function send(target: DialTarget, protocol: string, transfer: Transfer): Promise<void> {
  const { id, seed, bytes, lastsMs } = transfer
  const state: Progress = { bytes: 0 }
  sent.set(id, state)
  try {
    if (client === undefined) throw new Error('the page has not started')
    const connection = await client.dial(target, protocol)
    void connection.closed.then(({ reason }) => (state.ended = reason))
    connection.send(new TextEncoder().encode(JSON.stringify(transfer)))
    const hash = sha256.create()
    const startedMs = performance.now()
    for (const message of contentOf(seed, bytes)) {
      const earlyMs = startedMs + (lastsMs * state.bytes) / bytes - performance.now()
      if (earlyMs > 0) await new Promise((resolve) => setTimeout(resolve, earlyMs))
      if (!connection.send(message)) await connection.drain()
      hash.update(message)
      state.bytes += message.byteLength
    }
    state.hash = hexOf(hash.digest())
    const answer = await connection[Symbol.asyncIterator]().next()
    if (answer.done !== true) state.answer = new TextDecoder().decode(answer.value)
    // Short transfers are many.
    if (lastsMs === 0) connection.close()
  } catch (error) {
    if (state.ended === undefined) state.refused = error instanceof Error ? error.message : String(error)
  }
}

async function receive(connection: Connection): Promise<void> {
  const messages = connection[Symbol.asyncIterator]()
  const first = await messages.next()
  if (first.done === true) return
  const { id, bytes } = JSON.parse(new TextDecoder().decode(first.value)) as Transfer
  const state: Progress = { bytes: 0 }
  received.set(id, state)
  const waits: Stall[] = []
  stalls.set(id, waits)
  void connection.closed.then(({ reason }) => (state.ended = reason))
  const hash = sha256.create()
  let lastMs = nowMs()
  for (let next = await messages.next(); next.done !== true; next = await messages.next()) {
    const atMs = nowMs()
    if (atMs - lastMs >= MIN_STALL_MS) waits.push([lastMs, atMs])
    lastMs = atMs
    state.bytes += next.value.byteLength
    hash.update(next.value)
    if (state.bytes !== bytes) continue
    state.hash = hexOf(hash.clone().digest())
    connection.send(new TextEncoder().encode(state.hash))
  }
}

function nowMs(): number {
  return performance.timeOrigin + performance.now()
}

function hexOf(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
