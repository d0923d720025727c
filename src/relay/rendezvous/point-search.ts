import type { Log } from '../log.ts'
import { messageOf } from '../log.ts'
import { backOffMs, raceSignal, timeoutSignal } from '../timeouts.ts'
import {
  FIRST_INTERVAL_MS,
  LONGEST_INTERVAL_MS,
  MAX_COOKIE_BYTES,
  MAX_PAGES,
  MAX_TTL_SECONDS,
  MIN_INTERVAL_MS,
  MIN_TTL_SECONDS,
  PAGE_SIZE,
  TTL_SECONDS,
} from './limits.ts'
import type { Registration } from './messages.ts'
import type { OwnRecord } from './own-record.ts'
import type { RendezvousPoint } from './rendezvous-point.ts'

/** Milliseconds to tell a point that this peer leaves. */
const UNREGISTER_TIMEOUT_MS = 2_000
/** Characters of a point's own words that are shown. */
const MAX_STATUS_TEXT = 120

/** Why what a search waits for is aborted. */
const ENDED = new Error('the search has ended')

/** What a {@link PointSearch} needs. */
export interface PointSearchInit {
  namespace: string
  point: RendezvousPoint
  record: OwnRecord
  /** Handles the registrations of one answer, and resolves when the next may be asked for. */
  found(registrations: readonly Registration[], signal: AbortSignal): Promise<void>
  log: Log
}

/**
 * Registers this peer under one namespace at one rendezvous point, keeps the registration, and asks for the
 * others again and again: often at first, then seldom.
 */
export class PointSearch {
  readonly #init: PointSearchInit
  readonly #stopping = new AbortController()
  readonly #dropping = new AbortController()
  /** The request to register that has no answer yet. Never rejects. */
  #registering: Promise<unknown> = Promise.resolve()
  #registered: { number: number; renewMs: number } | undefined
  #cookie: Uint8Array | undefined
  #rounds = 0
  #lastError: { atMs: number; message: string } | undefined
  #wake: () => void = () => undefined
  /** How often {@link hasten} was called. */
  #hastened = 0

  constructor(init: PointSearchInit) {
    this.#init = init
    void this.#run()
  }

  get isRegistered(): boolean {
    return this.#registered !== undefined
  }

  /** Why the last round failed. Undefined once one has succeeded. */
  get lastError(): { atMs: number; message: string } | undefined {
    return this.#lastError
  }

  /** Begins the next round soon, and those after it often again. */
  hasten(): void {
    this.#rounds = 0
    this.#hastened += 1
    this.#wake()
  }

  /** Ends the search, without a word to the point, which is gone. */
  drop(): void {
    this.#finish()
    this.#dropping.abort(ENDED)
  }

  /** Ends the search and the registration. Does not reject. */
  async stop(): Promise<void> {
    this.#finish()
    const { point, namespace, log } = this.#init
    const signal = timeoutSignal(UNREGISTER_TIMEOUT_MS)
    try {
      // Otherwise the end could overtake the registration.
      await raceSignal(this.#registering, signal)
      if (this.isRegistered) await point.unregister(namespace, signal)
    } catch (error) {
      log('debug', `could not unregister at ${point.id}: ${messageOf(error)}`)
    }
    this.#dropping.abort(ENDED)
  }

  #finish(): void {
    this.#stopping.abort(ENDED)
    this.#wake()
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      const hastened = this.#hastened
      this.#rounds += 1
      // A point that refuses the registration may still tell who else is there.
      const failures = [
        await this.#failureOf(() => this.#registerTracked()),
        await this.#failureOf(() => this.#discover()),
      ]
      const message = failures.find((one) => one !== undefined)
      this.#lastError = message === undefined ? undefined : { atMs: Date.now(), message }
      await this.#rest(MIN_INTERVAL_MS, { mayHasten: false })
      if (hastened === this.#hastened)
        await this.#rest(backOffMs(this.#rounds, FIRST_INTERVAL_MS, LONGEST_INTERVAL_MS), { mayHasten: true })
    }
  }

  /** Returns why it failed. */
  async #failureOf(run: () => Promise<void>): Promise<string | undefined> {
    if (this.#stopping.signal.aborted) return undefined
    try {
      await run()
      return undefined
    } catch (error) {
      const { point, log } = this.#init
      log('debug', `the rendezvous point ${point.id} failed: ${messageOf(error)}`)
      return messageOf(error)
    }
  }

  /** Registers, so that {@link stop} can wait for it. */
  async #registerTracked(): Promise<void> {
    const registering = this.#register()
    this.#registering = registering.catch(() => undefined)
    await registering
  }

  async #register(): Promise<void> {
    const { namespace, point, record } = this.#init
    const own = await record.current()
    if (own === undefined) return
    const known = this.#registered
    if (known?.number === own.number && performance.now() < known.renewMs) return
    const request = {
      type: 'register',
      namespace,
      signedPeerRecord: own.bytes,
      ttlSeconds: TTL_SECONDS,
    } as const
    const answer = await point.ask(request, this.#dropping.signal)
    if (answer.type !== 'registerResponse') throw new Error(`it answered a register with ${answer.type}`)
    if (answer.status !== 'OK') throw new Error(refusalOf(answer))
    const { ttlSeconds = TTL_SECONDS } = answer
    const seconds = Math.min(MAX_TTL_SECONDS, Math.max(MIN_TTL_SECONDS, ttlSeconds))
    this.#registered = { number: own.number, renewMs: performance.now() + (seconds * 1_000) / 2 }
  }

  async #discover(): Promise<void> {
    const { namespace, point } = this.#init
    const { signal } = this.#stopping
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const cookie = this.#cookie
      const answer = await point.ask(
        { type: 'discover', namespace, limit: PAGE_SIZE, ...(cookie === undefined ? {} : { cookie }) },
        signal,
      )
      if (answer.type !== 'discoverResponse') throw new Error(`it answered a discover with ${answer.type}`)
      // The point has restarted. Everybody who was registered there registers again.
      const isOutdated = answer.status === 'E_INVALID_COOKIE' && cookie !== undefined
      this.#cookie = answer.status === 'OK' ? boundedCookie(answer.cookie) : undefined
      if (isOutdated) continue
      if (answer.status !== 'OK') throw new Error(refusalOf(answer))
      await this.#init.found(answer.registrations, signal)
      if (answer.registrations.length < PAGE_SIZE) return
    }
  }

  /**
   * Waits for `ms` milliseconds. The end of the search ends the wait, and with `mayHasten` {@link hasten}.
   */
  async #rest(ms: number, { mayHasten }: { mayHasten: boolean }): Promise<void> {
    if (this.#stopping.signal.aborted) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        if (!mayHasten && !this.#stopping.signal.aborted) return
        clearTimeout(timer)
        resolve()
      }
    })
    this.#wake = () => undefined
  }
}

function boundedCookie(cookie: Uint8Array | undefined): Uint8Array | undefined {
  return cookie === undefined || cookie.byteLength > MAX_COOKIE_BYTES ? undefined : cookie
}

function refusalOf({ status, statusText = '' }: { status: string; statusText?: string }): string {
  return `it answered ${status}${statusText === '' ? '' : `: ${statusText.slice(0, MAX_STATUS_TEXT)}`}`
}
