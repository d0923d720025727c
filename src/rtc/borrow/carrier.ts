import type { Deferred } from '../../platform/deferred.ts'
import { defer } from '../../platform/deferred.ts'
import type {
  ChannelInit,
  ConnectionEvent,
  ConnectionState,
  Operation,
  Outcome,
  Value,
} from '../messages/messages.ts'
import { reviveError } from '../standard/error-message.ts'
import { NO_LENDER } from '../reasons.ts'
import type { ConfigurationRecord } from './configuration-record.ts'
import { LenderLostError } from './lender-lost-error.ts'
import type { LenderPool } from './lender-pool.ts'
import type { LenderSession, SessionClient } from './lender-session.ts'
import { isOfTab } from './lender-session.ts'

/** Calls of one connection that wait for the tab at a time. */
export const DEFAULT_MAX_CALLS = 1024

/** What a {@link Carrier} reports to its connection. */
export interface CarrierListener {
  /** Called with the state of the real connection, before what changed it is reported. */
  update(state: ConnectionState): void
  event(event: ConnectionEvent): void
  /**
   * No tab can carry the connection, or its tab has gone. Resolves when the connection has dispatched that.
   */
  failed(error: Error): Promise<void>
}

/**
 * The tab that carries one borrowed connection.
 *
 * Requests are posted once the tab has made the real connection. Until then another tab may take over, if the
 * first one refuses or goes away.
 */
export class Carrier {
  readonly #pool: LenderPool
  readonly #configuration: ConfigurationRecord
  readonly #listener: CarrierListener
  #session: LenderSession
  #pc: number
  #isCreated = false
  /**
   * Requests for a connection that the tab has not made yet. Bounded by the calls and channels of the
   * connection.
   */
  #outbox: (() => void)[] = []
  #nextCall = 0
  readonly #calls = new Map<number, Deferred<Value>>()

  /** Throws NotSupportedError if no tab can carry the connection. */
  constructor(pool: LenderPool, configuration: ConfigurationRecord, listener: CarrierListener) {
    this.#pool = pool
    this.#configuration = configuration
    this.#listener = listener
    const session = pool.choose(configuration.lender)
    if (session === undefined) throw new DOMException(NO_LENDER, 'NotSupportedError')
    this.#session = session
    this.#pc = this.#create(session)
  }

  /** Throws OperationError if {@link DEFAULT_MAX_CALLS} calls are waiting. */
  checkCalls(): void {
    if (this.#calls.size < DEFAULT_MAX_CALLS) return
    throw new DOMException('Too many operations are waiting for the tab.', 'OperationError')
  }

  /**
   * Asks for an operation. Rejects with the browser's error, OperationError if too many wait, or
   * LenderLostError.
   */
  async call(operation: Operation): Promise<Value> {
    this.checkCalls()
    const call = this.#nextCall
    this.#nextCall += 1
    const waiting = defer<Value>()
    this.#calls.set(call, waiting)
    this.#post(() => this.#session.post({ type: 'call', pc: this.#pc, call, operation }))
    return waiting.promise
  }

  createChannel(label: string, init: ChannelInit, port: MessagePort): void {
    this.#post(() => this.#session.post({ type: 'channel', pc: this.#pc, label, init, port }, [port]))
  }

  /**
   * Closes the real connection. Nothing more is reported, and calls that wait reject with `error`, or never
   * settle without one.
   */
  release(error?: Error): void {
    this.#outbox = []
    const calls = [...this.#calls.values()]
    this.#calls.clear()
    this.#session.release(this.#pc)
    if (error === undefined) return
    for (const { reject } of calls) reject(error)
  }

  #create(session: LenderSession): number {
    const pc = session.adopt(this.#client())
    session.post({ type: 'create', pc, configuration: this.#configuration.send() })
    return pc
  }

  #client(): SessionClient {
    return {
      created: (state) => {
        this.#isCreated = true
        this.#configuration.confirmSent()
        this.#listener.update(state)
        const outbox = this.#outbox
        this.#outbox = []
        for (const send of outbox) send()
      },
      refused: (error) => {
        // Another tab may be able to do what this one isn't. Any other refusal would be the same in every
        // tab.
        if (!isOfTab(error) || !this.#move()) void this.#listener.failed(reviveError(error))
      },
      result: (call, outcome, state) => this.#settle(call, outcome, state),
      event: (event, state) => {
        this.#listener.update(state)
        this.#listener.event(event)
      },
      lost: (reason) =>
        this.#isCreated || !this.#move() ? this.#listener.failed(new LenderLostError(reason)) : undefined,
    }
  }

  /**
   * Asks another tab to make the connection: nothing has happened on it yet. Returns false if no tab is able.
   */
  #move(): boolean {
    const session = this.#pool.choose(this.#configuration.lender)
    if (session === undefined) return false
    this.#session = session
    this.#pc = this.#create(session)
    return true
  }

  #post(send: () => void): void {
    if (this.#isCreated) send()
    else this.#outbox.push(send)
  }

  /** Returns false for a call that was never made. */
  #settle(call: number, outcome: Outcome, state: ConnectionState): boolean {
    if (call >= this.#nextCall) return false
    this.#listener.update(state)
    const waiting = this.#calls.get(call)
    this.#calls.delete(call)
    if (outcome.ok) waiting?.resolve(outcome.value)
    else waiting?.reject(reviveError(outcome.error))
    return true
  }
}
