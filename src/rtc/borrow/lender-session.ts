import type { RTCCertificate } from '../standard/certificate.ts'
import { RTCCertificate as Certificate } from '../standard/certificate.ts'
import type { Deferred } from '../../platform/deferred.ts'
import { defer } from '../../platform/deferred.ts'
import { LenderLostError } from './lender-lost-error.ts'
import { isFromLender } from '../messages/from-lender-guard.ts'
import type {
  CertificateAlgorithm,
  ConnectionEvent,
  ConnectionState,
  FromLender,
  Outcome,
  ToLender,
  PostedError,
} from '../messages/messages.ts'
import { LENDING_VERSION } from '../messages/messages.ts'
import { reviveError, unreachable } from '../standard/error-message.ts'

/**
 * Milliseconds for which a tab that could make no more connections is passed over. Its browser may have
 * collected garbage by then.
 */
export const DEFAULT_SPENT_MS = 60_000

/** Certificates of one tab that may be pending at a time. */
export const DEFAULT_MAX_CERTIFICATE_CALLS = 64

/**
 * Whether a tab can lend. `coming`: it has not said so yet. `unable`: it has no WebRTC, or another version of
 * this package. `forbidden`: its browser, or an extension, doesn't allow it to make connections. `spent`: its
 * browser makes no more of them for the moment.
 */
export type LenderState = 'coming' | 'able' | 'unable' | 'forbidden' | 'spent'

/** What is known about a tab. */
export interface LenderReport {
  state: LenderState
  visible: boolean
  /** Connections that it carries now. */
  connections: number
  /** Connections that it has ever been asked to make. */
  made: number
}

/** The error of a browser that makes no more connections until it has collected garbage. */
const SPENT = 'UnknownError'

/**
 * The errors of a browser that allows the page no connections at all. Other errors concern one connection.
 */
const FORBIDDEN: ReadonlySet<string> = new Set(['NotAllowedError', 'SecurityError'])

/**
 * Whether a connection was refused because of the tab, so that another tab may be able to make it.
 */
export function isOfTab(error: PostedError): boolean {
  return error.kind === 'dom' && (error.name === SPENT || FORBIDDEN.has(error.name))
}

/** The listener for one of a tab's connections. */
export interface SessionClient {
  created(state: ConnectionState): void
  /** The connection could not be made. */
  refused(error: PostedError): void
  result(call: number, outcome: Outcome, state: ConnectionState): boolean
  event(event: ConnectionEvent, state: ConnectionState): void
  /**
   * The tab has gone or stopped lending. If the connection is lost with it, the promise resolves when that
   * has been dispatched.
   */
  lost(reason: string): Promise<void> | undefined
}

/** What a session reports to the pool. */
export interface SessionLinks {
  /** The tab has become able to lend, or is no longer able to. */
  changed(): void
  ignored(): void
  /**
   * The session has ended. `told` resolves when the connections that were lost have dispatched that.
   */
  ended(session: LenderSession, told: Promise<unknown> | undefined): void
}

/**
 * One tab that lends, as the borrower sees it: the other end of its port, and the connections that it
 * carries.
 */
export class LenderSession {
  readonly #port: MessagePort
  readonly #links: SessionLinks
  readonly #clients = new Map<number, { client: SessionClient; created: boolean }>()
  readonly #certificates = new Map<number, Deferred<RTCCertificate>>()
  readonly #since = performance.now()
  /** Frees the certificate in the tab when its handle has been garbage-collected. */
  readonly #forgotten = new FinalizationRegistry<number>((certificate) =>
    this.#post({ type: 'uncertify', certificate }),
  )
  #nextPc = 0
  #nextCertificate = 0
  #able = false
  /** Why the tab can't lend, once that is known. */
  #why: 'unable' | 'forbidden' | undefined
  #visible: boolean
  #spentAt = Number.NEGATIVE_INFINITY
  #over = false

  constructor(port: MessagePort, visible: boolean, links: SessionLinks) {
    this.#port = port
    this.#visible = visible
    this.#links = links
    port.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      if (this.#over) return
      if (!isFromLender(data) || !this.#receive(data)) links.ignored()
    })
    port.addEventListener('messageerror', () => links.ignored())
    port.start()
  }

  /** Whether the tab has said that it lends, in this version of the messages. */
  get able(): boolean {
    return this.#able && !this.#over
  }

  get report(): LenderReport {
    const { visible, connections, made, spent } = this
    const state = this.able ? (spent ? 'spent' : 'able') : (this.#why ?? 'coming')
    return { state, visible, connections, made }
  }

  get visible(): boolean {
    return this.#visible
  }

  get ageMs(): number {
    return performance.now() - this.#since
  }

  get connections(): number {
    return this.#clients.size
  }

  get made(): number {
    return this.#nextPc
  }

  get spent(): boolean {
    return performance.now() - this.#spentAt < DEFAULT_SPENT_MS
  }

  /** Returns a number for a new connection; its client uses it in the messages that it posts. */
  adopt(client: SessionClient): number {
    const pc = this.#nextPc
    this.#nextPc += 1
    this.#clients.set(pc, { client, created: false })
    return pc
  }

  /** Posts a message of a client; does nothing once the session has ended. */
  post(message: ToLender, transfer: Transferable[] = []): void {
    if (!this.#over) this.#post(message, transfer)
  }

  /** Closes a connection. Its client is not called any more. */
  release(pc: number): void {
    if (this.#clients.delete(pc)) this.post({ type: 'close', pc })
  }

  /**
   * Makes a certificate. Rejects with the tab's error, OperationError if too many are pending, or
   * LenderLostError.
   */
  async certify(algorithm: CertificateAlgorithm): Promise<RTCCertificate> {
    if (this.#certificates.size >= DEFAULT_MAX_CERTIFICATE_CALLS) {
      throw new DOMException('Too many certificates are being made.', 'OperationError')
    }
    const certificate = this.#nextCertificate
    this.#nextCertificate += 1
    const waiting = defer<RTCCertificate>()
    this.#certificates.set(certificate, waiting)
    this.post({ type: 'certify', certificate, algorithm })
    return waiting.promise
  }

  /** Ends the session; its connections are lost with this reason. */
  end(reason: string): void {
    if (this.#over) return
    this.#over = true
    // If the tab still exists, it closes everything.
    this.#post({ type: 'dismiss' })
    this.#port.close()
    const clients = [...this.#clients.values()]
    this.#clients.clear()
    const losses = clients.map(({ client }) => client.lost(reason)).filter((told) => told !== undefined)
    this.#links.ended(this, losses.length === 0 ? undefined : Promise.all(losses))
    for (const { reject } of this.#certificates.values()) reject(new LenderLostError(reason))
    this.#certificates.clear()
  }

  /** Returns false if the message makes no sense at this time. */
  #receive(message: FromLender): boolean {
    switch (message.type) {
      case 'lend':
        return this.#lend(message.version)
      case 'unable':
        if (!this.#able) this.#why = 'unable'
        return !this.#able
      case 'visible':
        this.#visible = message.visible
        return true
      case 'created':
        return this.#created(message.pc, message.state)
      case 'refused':
        return this.#refused(message.pc, message.error)
      case 'result': {
        const client = this.#live(message.pc)
        return client?.result(message.call, message.outcome, message.state) ?? this.#past(message.pc)
      }
      case 'event': {
        const client = this.#live(message.pc)
        client?.event(message.event, message.state)
        return client !== undefined || this.#past(message.pc)
      }
      case 'certified': {
        const waiting = this.#certificates.get(message.certificate)
        const handle = new Certificate(message.facts, { lender: this, certificate: message.certificate })
        this.#forgotten.register(handle, message.certificate)
        waiting?.resolve(handle)
        return this.#certificates.delete(message.certificate)
      }
      case 'uncertified':
        this.#certificates.get(message.certificate)?.reject(reviveError(message.error))
        return this.#certificates.delete(message.certificate)
      case 'stopped':
        this.end(message.reason)
        return true
      default:
        return unreachable(message)
    }
  }

  #lend(version: number): boolean {
    if (this.#able || this.#why !== undefined) return false
    if (version !== LENDING_VERSION) {
      this.#why = 'unable'
      return false
    }
    this.#able = true
    this.#links.changed()
    return true
  }

  #created(pc: number, state: ConnectionState): boolean {
    const entry = this.#clients.get(pc)
    if (entry === undefined) return this.#past(pc)
    if (entry.created) return false
    entry.created = true
    entry.client.created(state)
    return true
  }

  #refused(pc: number, error: PostedError): boolean {
    const entry = this.#clients.get(pc)
    if (entry === undefined) return this.#past(pc)
    if (entry.created) return false
    this.#clients.delete(pc)
    // Before the client is called, because it then chooses another tab.
    if (error.kind === 'dom' && error.name === SPENT) this.#spentAt = performance.now()
    if (error.kind === 'dom' && FORBIDDEN.has(error.name)) this.#forbid()
    entry.client.refused(error)
    return true
  }

  /** Stops asking the tab for new connections. Its existing connections stay open. */
  #forbid(): void {
    this.#able = false
    this.#why = 'forbidden'
    this.#links.changed()
  }

  #live(pc: number): SessionClient | undefined {
    const entry = this.#clients.get(pc)
    return entry?.created === true ? entry.client : undefined
  }

  /**
   * Whether the connection has existed. The tab may have posted the message before it learned that the
   * connection is closed.
   */
  #past(pc: number): boolean {
    return pc < this.#nextPc && !this.#clients.has(pc)
  }

  #post(message: ToLender, transfer: Transferable[] = []): void {
    this.#port.postMessage(message, transfer)
  }
}
