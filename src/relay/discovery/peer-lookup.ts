import type { PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { isDelegatedRouting } from './delegated-service.ts'
import { backOffMs, pause } from '../timeouts.ts'
import type { Peer } from '../peer.ts'
import { addressesOfPeer } from '../addresses/by-peer.ts'

/**
 * Milliseconds for which queries are repeated: this peer may only just have joined the network, or the other
 * one may not be known there yet.
 */
const LOOKUP_TIMEOUT_MS = 6_000
/** Milliseconds between two rounds of queries. The wait doubles from the first to the longest. */
const FIRST_BACKOFF_MS = 500
const LONGEST_BACKOFF_MS = 2_000
/**
 * Addresses that are used of one answer, dialable ones first. Otherwise one server could use up the time for
 * the addresses of the others.
 */
const MAX_ADDRESSES_PER_ANSWER = 16
/** Answers that are queued. Further ones are dropped. */
const MAX_ANSWERS = 64

/** Asks one source once. `told` is called with the addresses of each answer. */
type Ask = (told: (addresses: Multiaddr[]) => void, signal: AbortSignal) => Promise<void>

/**
 * Yields the addresses that the network knows of a peer, each address once, as the answers arrive. The DHT
 * and all delegated routing endpoints are asked at the same time. They are asked until the caller stops
 * iterating, because an answer may be outdated or false.
 *
 * Rejects with the signal's reason.
 */
export async function* lookUp(
  peer: Peer,
  id: PeerId,
  signal: AbortSignal,
): AsyncGenerator<Multiaddr[], void> {
  const sources = sourcesOf(peer, id)
  if (sources.length === 0) return
  const enough = new AbortController()
  const answers = new Answers(peer, id)
  const asking = askAll(
    sources,
    (addresses) => answers.add(addresses),
    AbortSignal.any([signal, enough.signal]),
  )
  asking.then(
    () => answers.end(),
    () => answers.end(),
  )
  try {
    for (;;) {
      const answer = await answers.next()
      signal.throwIfAborted()
      if (answer === undefined) return
      yield answer
    }
  } finally {
    enough.abort(new Error('the peer was found'))
  }
}

function sourcesOf({ libp2p }: Peer, id: PeerId): Ask[] {
  const { dht, ...services } = libp2p.services
  const sources: Ask[] = Object.values(services)
    .filter(isDelegatedRouting)
    .map((endpoint) => async (told, signal) => {
      told((await endpoint.findPeer(id, { signal })).multiaddrs)
    })
  if (dht === undefined) return sources
  return [
    ...sources,
    async (told, signal) => {
      for await (const event of dht.findPeer(id, { signal, useCache: false })) {
        if (event.name === 'FINAL_PEER') told(event.peer.multiaddrs)
      }
    },
  ]
}

async function askAll(
  sources: Ask[],
  told: (addresses: Multiaddr[]) => void,
  signal: AbortSignal,
): Promise<void> {
  const endMs = performance.now() + LOOKUP_TIMEOUT_MS
  for (let rounds = 1; ; rounds += 1) {
    // A source that fails must not end the others. Each source reports its failures itself.
    await Promise.allSettled(sources.map((ask) => ask(told, signal)))
    signal.throwIfAborted()
    const restMs = backOffMs(rounds, FIRST_BACKOFF_MS, LONGEST_BACKOFF_MS)
    if (performance.now() + restMs > endMs) return
    await pause(restMs, signal)
  }
}

/** A queue of answers, without the addresses of earlier ones. */
class Answers {
  readonly #peer: Peer
  readonly #id: PeerId
  readonly #known = new Set<string>()
  readonly #waiting: Multiaddr[][] = []
  #isOver = false
  #wake: (() => void) | undefined

  constructor(peer: Peer, id: PeerId) {
    this.#peer = peer
    this.#id = id
  }

  add(addresses: Multiaddr[]): void {
    const fresh = addressesOfPeer(addresses, this.#id)
      .toSorted((one, other) => Number(this.#peer.canDial(other)) - Number(this.#peer.canDial(one)))
      .slice(0, MAX_ADDRESSES_PER_ANSWER)
      .filter((address) => !this.#known.has(address.toString()))
    if (fresh.length === 0 || this.#waiting.length >= MAX_ANSWERS) return
    for (const address of fresh) this.#known.add(address.toString())
    this.#waiting.push(fresh)
    this.#wake?.()
  }

  end(): void {
    this.#isOver = true
    this.#wake?.()
  }

  /** Waits for the next answer. Resolves to undefined when there are no more. */
  async next(): Promise<Multiaddr[] | undefined> {
    while (this.#waiting.length === 0 && !this.#isOver) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return this.#waiting.shift()
  }
}
