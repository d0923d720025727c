import type { Connection, PeerId, Startable, Stream } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { addressGroup } from '../../relay/addresses/address-group.ts'
import { circuitRelayIn } from '../../relay/addresses/announced-addresses.ts'
import { MAX_NAMESPACE_BYTES, RENDEZVOUS_PROTOCOL } from '../../relay/rendezvous/limits.ts'
import type { RendezvousAnswer, RendezvousRequest, Status } from '../../relay/rendezvous/messages.ts'
import { decodeRendezvous, encodeRendezvous } from '../../relay/rendezvous/messages.ts'
import type { OwnRendezvousPoint } from '../../relay/rendezvous/rendezvous-point.ts'
import type { SignedRecord } from '../../relay/rendezvous/signed-record.ts'
import { openSignedRecord } from '../../relay/rendezvous/signed-record.ts'
import { timeoutSignal } from '../../relay/timeouts.ts'
import type { RendezvousRefusals, RendezvousServiceStatus } from '../../status/index.ts'
import type { CircuitRelayComponents } from './circuit-relay.ts'
import { RendezvousBook } from './rendezvous-book.ts'
import { decodeCookie, encodeCookie } from './rendezvous-cookie.ts'
import type { RendezvousLimits } from './rendezvous-limits.ts'
import {
  DEFAULT_TTL_SECONDS,
  MAX_REQUEST_BYTES,
  MAX_RESULTS,
  MAX_STREAMS,
  MAX_TTL_SECONDS,
  MIN_TTL_SECONDS,
  STREAM_TIMEOUT_MS,
  SWEEP_INTERVAL_MS,
} from './rendezvous-limits.ts'
import { RequestRates } from './request-rates.ts'

/** Who makes a request. */
interface Requester {
  peer: PeerId
  group: string
}

/**
 * A rendezvous point for others, by libp2p's specification: peers register under a namespace, and find those
 * that are registered under the same one. Nothing is kept when it stops.
 */
export class RendezvousServer implements Startable, OwnRendezvousPoint {
  readonly [Symbol.toStringTag] = 'libp2p-websocket-rendezvous'
  readonly #components: CircuitRelayComponents
  readonly #limits: RendezvousLimits
  readonly #book: RendezvousBook
  readonly #rates: RequestRates
  readonly #refused: RendezvousRefusals = { full: 0, peer: 0, address: 0, rate: 0, invalid: 0 }
  #registered = 0
  #discovered = 0
  #life: AbortController | undefined
  #sweeps: NodeJS.Timeout | undefined

  constructor(components: CircuitRelayComponents, limits: RendezvousLimits) {
    this.#components = components
    this.#limits = limits
    this.#book = new RendezvousBook(limits)
    this.#rates = new RequestRates(limits)
  }

  /** How much of its limits is used, and what it has done since it started. */
  get status(): RendezvousServiceStatus {
    return {
      registrations: this.#book.size,
      maxRegistrations: this.#limits.registrations,
      namespaces: this.#book.namespaces,
      registered: this.#registered,
      discovered: this.#discovered,
      refused: { ...this.#refused },
    }
  }

  async start(): Promise<void> {
    const { events, registrar } = this.#components
    this.#life = new AbortController()
    const { signal } = this.#life
    events.addEventListener('peer:connect', ({ detail }) => this.#book.returned(detail.toString()), {
      signal,
    })
    events.addEventListener('peer:disconnect', ({ detail }) => this.#left(detail.toString()), { signal })
    this.#sweeps = setInterval(() => this.#book.sweep(), SWEEP_INTERVAL_MS)
    this.#sweeps.unref()
    await registrar.handle(
      RENDEZVOUS_PROTOCOL,
      (stream, connection) => void this.#serve(stream, connection),
      { maxInboundStreams: MAX_STREAMS },
    )
  }

  async stop(): Promise<void> {
    this.#life?.abort()
    clearInterval(this.#sweeps)
    this.#book.clear()
    await this.#components.registrar.unhandle(RENDEZVOUS_PROTOCOL)
  }

  async answerSelf(request: RendezvousRequest): Promise<RendezvousAnswer | undefined> {
    return await this.#answer(request, { peer: this.#components.peerId, group: '' })
  }

  #left(peer: string): void {
    this.#book.left(peer)
    this.#rates.delete(peer)
  }

  /** Answers the requests on one stream, one after the other, until its peer ends it or falls silent. */
  async #serve(stream: Stream, { remotePeer, remoteAddr }: Connection): Promise<void> {
    const from = { peer: remotePeer, group: addressGroup(remoteAddr) }
    const messages = lpStream(stream, { maxDataLength: MAX_REQUEST_BYTES })
    let timeout = timeoutSignal(STREAM_TIMEOUT_MS)
    try {
      for (;;) {
        const request = decodeRendezvous((await messages.read({ signal: timeout })).subarray())
        const answer = await this.#answer(request, from)
        timeout = timeoutSignal(STREAM_TIMEOUT_MS)
        if (answer !== undefined) await messages.write(encodeRendezvous(answer), { signal: timeout })
      }
    } catch (error) {
      // Most streams end here, because their peer has closed its side after its last request.
      const isOver = stream.remoteWriteStatus === 'closed' || stream.status !== 'open'
      if (!isOver && !timeout.aborted) this.#refused.invalid += 1
      if (!isOver || !(await closed(stream))) stream.abort(asError(error))
    }
  }

  /** Returns the answer. Undefined if the message has none. */
  async #answer(
    request: RendezvousRequest | RendezvousAnswer,
    from: Requester,
  ): Promise<RendezvousAnswer | undefined> {
    const isTooFast = !this.#rates.take(from.peer.toString())
    if (isTooFast) this.#refused.rate += 1
    switch (request.type) {
      case 'register': {
        if (isTooFast) return registerRefusal('E_UNAVAILABLE', 'too many requests')
        return await this.#register(request, from)
      }
      case 'unregister':
        // Costs nothing, so it is never too fast.
        this.#book.unregister(from.peer.toString(), request.namespace)
        return undefined
      case 'discover':
        if (isTooFast) return discoverRefusal('E_UNAVAILABLE', 'too many requests')
        return this.#discover(request)
      case 'registerResponse':
      case 'discoverResponse':
        throw new Error(`a client sent ${request.type}`)
      default:
        return request satisfies never
    }
  }

  async #register(
    request: Extract<RendezvousRequest, { type: 'register' }>,
    { peer, group }: Requester,
  ): Promise<RendezvousAnswer> {
    const { namespace, ttlSeconds = DEFAULT_TTL_SECONDS, signedPeerRecord } = request
    const invalid = refusalOfNamespace(namespace)
    if (invalid !== undefined) return this.#invalid(registerRefusal('E_INVALID_NAMESPACE', invalid))
    if (ttlSeconds < MIN_TTL_SECONDS || ttlSeconds > MAX_TTL_SECONDS)
      return this.#invalid(
        registerRefusal('E_INVALID_TTL', `the TTL must be ${MIN_TTL_SECONDS} to ${MAX_TTL_SECONDS} seconds`),
      )
    let record: SignedRecord
    try {
      record = await openSignedRecord(signedPeerRecord)
    } catch {
      return this.#invalid(registerRefusal('E_INVALID_SIGNED_PEER_RECORD', 'the record is not valid'))
    }
    if (!record.peer.equals(peer))
      return this.#invalid(registerRefusal('E_NOT_AUTHORIZED', 'the record is of another peer'))
    const outcome = this.#book.register({
      namespace,
      record,
      ttlSeconds,
      group,
      isTied: this.#isTied(record),
    })
    switch (outcome) {
      case 'added':
        this.#registered += 1
        return { type: 'registerResponse', status: 'OK', ttlSeconds }
      case 'renewed':
        return { type: 'registerResponse', status: 'OK', ttlSeconds }
      case 'full':
        this.#refused.full += 1
        return registerRefusal('E_UNAVAILABLE', 'there are too many registrations')
      case 'peer':
      case 'address':
        this.#refused[outcome] += 1
        return registerRefusal('E_NOT_AUTHORIZED', `there are too many registrations of this ${outcome}`)
      default:
        return outcome satisfies never
    }
  }

  #discover(request: Extract<RendezvousRequest, { type: 'discover' }>): RendezvousAnswer {
    const { namespace, limit = MAX_RESULTS, cookie } = request
    // The names are a secret among those who use them, so they are not listed.
    if (namespace === undefined || namespace === '')
      return this.#invalid(discoverRefusal('E_INVALID_NAMESPACE', 'a namespace must be named'))
    const invalid = refusalOfNamespace(namespace)
    if (invalid !== undefined) return this.#invalid(discoverRefusal('E_INVALID_NAMESPACE', invalid))
    const seen = cookie === undefined ? undefined : decodeCookie(this.#book.epoch, namespace, cookie)
    if (cookie !== undefined && seen === undefined)
      return this.#invalid(discoverRefusal('E_INVALID_COOKIE', 'the cookie is of another time or namespace'))
    this.#discovered += 1
    const { registrations, cookie: next } = this.#book.discover(
      namespace,
      limit === 0 ? MAX_RESULTS : limit,
      seen,
    )
    return {
      type: 'discoverResponse',
      status: 'OK',
      registrations,
      cookie: encodeCookie(this.#book.epoch, namespace, next),
    }
  }

  #invalid(answer: RendezvousAnswer): RendezvousAnswer {
    this.#refused.invalid += 1
    return answer
  }

  /** Whether a peer is of no use here once it has left, because it is dialled through this circuit relay. */
  #isTied({ addresses }: SignedRecord): boolean {
    const own = this.#components.peerId.toString()
    return addresses.some((address) => circuitRelayIn(address) === own)
  }
}

/** Closes a stream. Resolves to false if that takes too long. */
async function closed(stream: Stream): Promise<boolean> {
  try {
    await stream.close({ signal: timeoutSignal(STREAM_TIMEOUT_MS) })
    return true
  } catch {
    return false
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}

function refusalOfNamespace(namespace: string): string | undefined {
  const bytes = Buffer.byteLength(namespace)
  if (bytes > 0 && bytes <= MAX_NAMESPACE_BYTES) return undefined
  return `a namespace must have 1 to ${MAX_NAMESPACE_BYTES} bytes`
}

function registerRefusal(status: Exclude<Status, 'OK'>, statusText: string): RendezvousAnswer {
  return { type: 'registerResponse', status, statusText }
}

function discoverRefusal(status: Exclude<Status, 'OK'>, statusText: string): RendezvousAnswer {
  return { type: 'discoverResponse', status, statusText, registrations: [] }
}
