import type { GlobalClass } from '../messages/globals.ts'
import { connectionStateOf } from '../standard/connection-state.ts'
import { LentCertificates } from './lent-certificates.ts'
import { LentConnection } from './lent-connection.ts'
import type {
  CertificateAlgorithm,
  Configuration,
  FromLender,
  PumpLimits,
  ToLender,
} from '../messages/messages.ts'
import { LENDING_VERSION } from '../messages/messages.ts'
import { DEFAULT_PUMP_START_MS, PumpHost } from './pump-host.ts'
import type { PumpPlace } from './pump-host.ts'
import { pumpLimits } from '../pump/pump-limits.ts'
import { TAB_CLOSED } from '../reasons.ts'
import { isToLender } from '../messages/to-lender-guard.ts'
import { describeError, unreachable } from '../standard/error-message.ts'

/**
 * Connections that one tab carries at a time. Chromium allows a process 500 between two garbage collections.
 */
export const DEFAULT_MAX_CONNECTIONS = 256

// Taken when the script loads, because a page may replace it, for example by a test's clock.
const nowMs = performance.now.bind(performance)
/** Milliseconds that {@link LentWebRTC.linger} blocks the page. */
const LINGER_MS = 100

export interface LendOptions {
  /**
   * The URL of the pump's script (`rtc-pump.js`, built from `pump-worker.ts`), or a function that makes the
   * worker.
   */
  pump: string | URL | (() => Worker)
  /** Aborting it does the same as {@link LentWebRTC.stop}. */
  signal?: AbortSignal
  /** The class that makes connections; default the browser's own. Undefined if the browser has none. */
  RTCPeerConnection?: GlobalClass<'RTCPeerConnection'> | undefined
  /**
   * Connections at a time; default {@link DEFAULT_MAX_CONNECTIONS}. A further one is refused with
   * `UnknownError` and goes to another tab.
   */
  maxConnections?: number
  /** Milliseconds that the pump worker may take to start; default {@link DEFAULT_PUMP_START_MS}. */
  pumpStartMs?: number
  /** Bounds of the data path; the defaults are in `pump-limits.ts`. */
  limits?: Partial<PumpLimits>
}

/** Controls the lending on one port. */
export interface LentWebRTC {
  /**
   * Closes all connections, ends the pump and tells the borrower the reason; default {@link TAB_CLOSED}. A
   * second call does nothing.
   */
  stop(reason?: string): void
  /**
   * Call this when the page is unloaded or frozen, before {@link LentWebRTC.stop}. It blocks the page for 100
   * ms if the tab has connections, so that what the borrower sends last can pass through the pump.
   */
  linger(): void
  /** Tells the borrower whether the tab is visible, which affects its choice of tab. */
  setVisible(visible: boolean): void
  readonly connectionCount: number
  /** Messages that were malformed or came at the wrong time. Each was ignored. */
  readonly ignored: number
  /** Where the data of new channels flows. Decided with the first connection. */
  readonly pumpPlace: PumpPlace
  /**
   * The number of channels so far whose data flowed through the main thread because they could not be moved
   * to the pump worker.
   */
  readonly channelsInPage: number
}

/**
 * Lends the tab's WebRTC to the worker that passed the other end of `port` to
 * `createBorrowedRtc().addLender`.
 *
 * The main thread makes connections. Each data channel is transferred, in the task that made it, to the pump
 * worker, which starts with the first connection. This never throws: if the browser has no WebRTC, the
 * borrower is told.
 */
export function lendWebRTC(port: MessagePort, options: LendOptions): LentWebRTC {
  return new Lender(port, options)
}

class Lender implements LentWebRTC {
  readonly #port: MessagePort
  readonly #options: LendOptions
  readonly #PeerConnection: GlobalClass<'RTCPeerConnection'> | undefined
  readonly #end = new AbortController()
  readonly #connections = new Map<number, LentConnection>()
  readonly #certificates = new LentCertificates()
  #pump: PumpHost | undefined
  /**
   * Connections to make once it is known where their channels go; they count towards the bound on
   * connections.
   */
  readonly #awaiting = new Map<number, Configuration>()
  /** Numbers rise, so one that isn't above this has been used before. */
  #lastPc = -1
  #ignored = 0

  constructor(port: MessagePort, options: LendOptions) {
    this.#port = port
    this.#options = options
    this.#PeerConnection =
      'RTCPeerConnection' in options ? options.RTCPeerConnection : globalThis.RTCPeerConnection
    const { signal } = this.#end
    port.addEventListener('message', ({ data }: MessageEvent<unknown>) => this.#receive(data), { signal })
    port.addEventListener('messageerror', () => this.#ignore(), { signal })
    port.start()
    this.#post(
      this.#PeerConnection === undefined
        ? { type: 'unable', reason: 'this browser has no WebRTC' }
        : { type: 'lend', version: LENDING_VERSION },
    )
    if (options.signal?.aborted === true) this.stop()
    else options.signal?.addEventListener('abort', () => this.stop(), { signal })
  }

  get connectionCount(): number {
    return this.#connections.size
  }

  get ignored(): number {
    return this.#ignored
  }

  get pumpPlace(): PumpPlace {
    return this.#pump?.place ?? 'starting'
  }

  get channelsInPage(): number {
    return this.#pump?.inPage ?? 0
  }

  setVisible(visible: boolean): void {
    if (!this.#end.signal.aborted) this.#post({ type: 'visible', visible })
  }

  linger(): void {
    if (this.#connections.size === 0) return
    // Busy: no task of a page runs after its unloading, but the borrower and the pump have their own threads.
    const endMs = nowMs() + LINGER_MS
    while (nowMs() < endMs);
  }

  stop(reason = TAB_CLOSED): void {
    if (this.#end.signal.aborted) return
    this.#post({ type: 'stopped', reason })
    this.#end.abort()
    for (const connection of this.#connections.values()) connection.close()
    this.#connections.clear()
    this.#awaiting.clear()
    this.#certificates.clear()
    this.#port.close()
  }

  #receive(data: unknown): void {
    if (!isToLender(data) || !this.#handle(data)) this.#ignore()
  }

  #ignore(): void {
    this.#ignored += 1
  }

  /** False if the message makes no sense at this time. */
  #handle(message: ToLender): boolean {
    switch (message.type) {
      case 'create':
        return this.#create(message.pc, message.configuration)
      case 'call': {
        const connection = this.#connections.get(message.pc)
        // Never rejects: the result reports a failure.
        void connection?.call(message.call, message.operation)
        return connection !== undefined
      }
      case 'channel':
        return this.#channel(message)
      case 'close':
        return this.#close(message.pc)
      case 'certify':
        return this.#certify(message.certificate, message.algorithm)
      case 'uncertify':
        return this.#certificates.delete(message.certificate)
      case 'dismiss':
        this.stop()
        return true
      default:
        return unreachable(message)
    }
  }

  #create(pc: number, configuration: Configuration): boolean {
    if (pc <= this.#lastPc) return false
    this.#lastPc = pc
    const max = this.#options.maxConnections ?? DEFAULT_MAX_CONNECTIONS
    if (this.#connections.size + this.#awaiting.size >= max) {
      const message = `this tab carries ${max} connections already`
      this.#post({ type: 'refused', pc, error: { kind: 'dom', name: 'UnknownError', message } })
      return true
    }
    const pump = (this.#pump ??= this.#startPump())
    this.#awaiting.set(pc, configuration)
    if (pump.place !== 'starting') this.#make(pump)
    return true
  }

  #startPump(): PumpHost {
    const { pump, limits, pumpStartMs = DEFAULT_PUMP_START_MS } = this.#options
    const start = typeof pump === 'function' ? pump : (): Worker => new Worker(pump, { name: 'rtc-pump' })
    const host = new PumpHost(start, pumpLimits(limits), pumpStartMs, this.#end.signal)
    // Never rejects, and does nothing once lending has stopped.
    void host.settled.then(() => this.#make(host))
    return host
  }

  #make(pump: PumpHost): void {
    for (const [pc, configuration] of this.#awaiting) {
      this.#awaiting.delete(pc)
      this.#makeOne(pc, configuration, pump)
    }
  }

  #makeOne(pc: number, configuration: Configuration, pump: PumpHost): void {
    if (this.#PeerConnection === undefined) {
      const message = 'this browser has no WebRTC'
      this.#post({ type: 'refused', pc, error: { kind: 'dom', name: 'NotSupportedError', message } })
      return
    }
    let real: RTCPeerConnection
    try {
      real = new this.#PeerConnection(this.#configuration(configuration))
    } catch (error) {
      this.#post({ type: 'refused', pc, error: describeError(error) })
      return
    }
    const state = (): ReturnType<typeof connectionStateOf> => connectionStateOf(real)
    const connection = new LentConnection(real, {
      event: (event, transfer) => this.#post({ type: 'event', pc, event, state: state() }, transfer),
      result: (call, outcome) => this.#post({ type: 'result', pc, call, outcome, state: state() }),
      hand: (channel, port) => pump.hand(channel, port),
      configuration: (value) => this.#configuration(value),
    })
    this.#connections.set(pc, connection)
    this.#post({ type: 'created', pc, state: state() })
  }

  #channel(message: Extract<ToLender, { type: 'channel' }>): boolean {
    const connection = this.#connections.get(message.pc)
    connection?.createChannel(message)
    return connection !== undefined
  }

  #close(pc: number): boolean {
    const connection = this.#connections.get(pc)
    connection?.close()
    return this.#connections.delete(pc) || this.#awaiting.delete(pc)
  }

  #certify(certificate: number, algorithm: CertificateAlgorithm): boolean {
    if (this.#PeerConnection === undefined || this.#certificates.has(certificate)) return false
    this.#certificates.make(this.#PeerConnection, certificate, algorithm).then(
      (facts) => this.#postIfLending({ type: 'certified', certificate, facts }),
      (error: unknown) =>
        this.#postIfLending({ type: 'uncertified', certificate, error: describeError(error) }),
    )
    return true
  }

  #configuration({ certificates, ...rest }: Configuration): RTCConfiguration {
    return certificates.length === 0
      ? rest
      : { ...rest, certificates: certificates.map((number) => this.#certificates.get(number)) }
  }

  /** Posts the outcome of an asynchronous operation, during which lending may have stopped. */
  #postIfLending(message: FromLender): void {
    if (!this.#end.signal.aborted) this.#post(message)
  }

  #post(message: FromLender, transfer: Transferable[] = []): void {
    this.#port.postMessage(message, transfer)
  }
}
