import { BorrowedDataChannel, controlOf } from './borrowed-data-channel.ts'
import { checkChannelInit } from '../standard/channel-init.ts'
import type { CheckedConfiguration } from '../standard/configuration.ts'
import {
  checkConfiguration,
  checkModification,
  configurationOf,
  givenConfiguration,
} from '../standard/configuration.ts'
import { closedState, NEW_CONNECTION } from '../standard/connection-state.ts'
import type { Deferred } from '../../platform/deferred.ts'
import { defer } from '../../platform/deferred.ts'
import type { EventHandler } from '../standard/event-handlers.ts'
import { defineHandlers } from '../standard/event-handlers.ts'
import { RTCDataChannelEvent, RTCPeerConnectionIceErrorEvent, RTCPeerConnectionIceEvent } from './events.ts'
import { candidateInit, RTCIceCandidate } from '../standard/ice-candidate.ts'
import { LenderLostError } from './lender-lost-error.ts'
import type { LenderPool } from './lender-pool.ts'
import type { LenderSession, SessionClient } from './lender-session.ts'
import { isOfTab } from './lender-session.ts'
import type {
  ChannelDescription,
  ConnectionEvent,
  ConnectionState,
  Description,
  Operation,
  Outcome,
  ToPump,
  Value,
} from '../messages/messages.ts'
import { NO_LENDER } from '../reasons.ts'
import { RTCSctpTransport, updateSctpTransport } from '../standard/sctp-transport.ts'
import type { RTCSessionDescription } from '../standard/session-description.ts'
import { descriptionInit, isOfFirefox, keptDescription } from '../standard/session-description.ts'
import { RTCStatsReport } from '../standard/stats-report.ts'
import type { SendLimits } from '../pump/send-queue.ts'
import { tasks } from '../../platform/task-queue.ts'
import { dictionary, usvString } from '../standard/webidl.ts'
import { asRtcError, reviveError, unreachable } from '../standard/error-message.ts'

/** Data channels of one connection. One more of the other peer's is closed; one more of our own throws. */
export const DEFAULT_MAX_CHANNELS = 1024

/** Promises of one connection that wait for the tab at a time. */
export const DEFAULT_MAX_CALLS = 1024

/** What a borrowed connection takes from the set that it belongs to. */
export interface BorrowedConnectionContext {
  pool: LenderPool
  sendLimits: SendLimits
  messagesPerTask: number
}

const HANDLED = [
  'negotiationneeded',
  'icecandidate',
  'icecandidateerror',
  'signalingstatechange',
  'iceconnectionstatechange',
  'icegatheringstatechange',
  'connectionstatechange',
  'datachannel',
  'track',
]

type DescriptionName = 'currentLocal' | 'pendingLocal' | 'currentRemote' | 'pendingRemote'

/**
 * The standard's RTCPeerConnection for data channels, carried by a tab (W3C WebRTC, section 4.4).
 *
 * What is read without waiting is what the tab said last. What is asked for travels once the tab has made the connection;
 * until then another tab may still take it over.
 */
export class BorrowedPeerConnection extends EventTarget {
  static {
    defineHandlers(this.prototype, HANDLED, (value) => #context in value)
  }

  declare onnegotiationneeded: EventHandler
  declare onicecandidate: EventHandler
  declare onicecandidateerror: EventHandler
  declare onsignalingstatechange: EventHandler
  declare oniceconnectionstatechange: EventHandler
  declare onicegatheringstatechange: EventHandler
  declare onconnectionstatechange: EventHandler
  declare ondatachannel: EventHandler
  /** Kept and never called: no media arrives. */
  declare ontrack: EventHandler

  readonly #context: BorrowedConnectionContext
  /** What was asked for last. */
  #configuration: CheckedConfiguration
  /** What the tab has been asked to make the connection with. */
  #offered: CheckedConfiguration
  /** What the tab has confirmed last; the defaults before. */
  #accepted = checkConfiguration(undefined)
  /** Whether `setLocalDescription` has been called, after which the size of the candidate pool may not change. */
  #gathers = false
  #session: LenderSession
  #pc: number
  #created = false
  /** What was asked for before the tab had made the connection; bounded by the calls and channels that wait. */
  #outbox: (() => void)[] = []
  #state: ConnectionState = NEW_CONNECTION
  /** Whether the other peer is a Firefox, as far as its description tells. */
  #toFirefox = false
  #closed = false
  /** Why everything is refused once the connection is closed. */
  #closedWords = "The RTCPeerConnection's signalingState is 'closed'."
  #nextCall = 0
  readonly #calls = new Map<number, Deferred<Value>>()
  readonly #channels = new Set<BorrowedDataChannel>()
  readonly #descriptions: Record<DescriptionName, RTCSessionDescription | null> = {
    currentLocal: null,
    pendingLocal: null,
    currentRemote: null,
    pendingRemote: null,
  }
  #sctp: RTCSctpTransport | null = null

  /**
   * Throws what the browser's constructor does for a bad configuration, and NotSupportedError if no tab is able, or the one
   * that holds the configuration's certificates is not.
   */
  constructor(context: BorrowedConnectionContext, configuration: unknown) {
    super()
    this.#context = context
    this.#configuration = checkConfiguration(configuration)
    this.#offered = this.#configuration
    const session = context.pool.choose(this.#configuration.lender)
    if (session === undefined) throw new DOMException(NO_LENDER, 'NotSupportedError')
    this.#session = session
    this.#pc = this.#attach(session)
  }

  get signalingState(): RTCSignalingState {
    return this.#state.signalingState
  }
  get iceGatheringState(): RTCIceGatheringState {
    return this.#state.iceGatheringState
  }
  get iceConnectionState(): RTCIceConnectionState {
    return this.#state.iceConnectionState
  }
  get connectionState(): RTCPeerConnectionState {
    return this.#state.connectionState
  }
  get canTrickleIceCandidates(): boolean | null {
    return this.#state.canTrickleIceCandidates
  }
  get localDescription(): RTCSessionDescription | null {
    return this.#descriptions.pendingLocal ?? this.#descriptions.currentLocal
  }
  get currentLocalDescription(): RTCSessionDescription | null {
    return this.#descriptions.currentLocal
  }
  get pendingLocalDescription(): RTCSessionDescription | null {
    return this.#descriptions.pendingLocal
  }
  get remoteDescription(): RTCSessionDescription | null {
    return this.#descriptions.pendingRemote ?? this.#descriptions.currentRemote
  }
  get currentRemoteDescription(): RTCSessionDescription | null {
    return this.#descriptions.currentRemote
  }
  get pendingRemoteDescription(): RTCSessionDescription | null {
    return this.#descriptions.pendingRemote
  }
  get sctp(): RTCSctpTransport | null {
    return this.#sctp
  }

  /** Only `iceRestart` is taken. */
  async createOffer(options?: unknown): Promise<Description> {
    const { iceRestart, offerToReceiveAudio, offerToReceiveVideo } = withoutCallback(options)
    if (Boolean(offerToReceiveAudio) || Boolean(offerToReceiveVideo)) throw notSupported('media')
    return descriptionOf(await this.#call({ type: 'createOffer', iceRestart: Boolean(iceRestart) }))
  }

  async createAnswer(options?: unknown): Promise<Description> {
    withoutCallback(options)
    return descriptionOf(await this.#call({ type: 'createAnswer' }))
  }

  /** Without a description it makes the fitting one, as the standard has it. */
  async setLocalDescription(description?: unknown): Promise<void> {
    this.#gathers = true
    const init = description === undefined || description === null ? null : descriptionInit(description)
    await this.#call({ type: 'setLocalDescription', description: init })
  }

  async setRemoteDescription(...description: unknown[]): Promise<void> {
    if (description.length === 0) throw new TypeError('1 argument required, but only 0 present.')
    const init = descriptionInit(description[0])
    // From here, as Chromium does not keep the name of who wrote it; and now, as a channel may open before the tab has answered.
    this.#toFirefox = isOfFirefox(init)
    await this.#call({ type: 'setRemoteDescription', description: init })
  }

  async addIceCandidate(candidate?: unknown): Promise<void> {
    const init = candidate === undefined || candidate === null ? null : candidateInit(candidate)
    await this.#call({ type: 'addIceCandidate', candidate: init })
  }

  /** Once closed, an empty report: what the tab counted has gone with the connection. */
  async getStats(selector?: unknown): Promise<RTCStatsReport> {
    if (selector !== undefined && selector !== null) {
      throw new DOMException('There is no such track in this connection.', 'InvalidAccessError')
    }
    if (this.#closed) return new RTCStatsReport()
    const value = await this.#call({ type: 'getStats' })
    return new RTCStatsReport(value.type === 'stats' ? value.entries : [])
  }

  /** Throws OperationError while too many operations are waited for. */
  restartIce(): void {
    if (this.#closed) return
    this.#checkCalls()
    this.#call({ type: 'restartIce' }).catch(() => {
      // The connection was lost, which its events tell: there is nothing to restart.
    })
  }

  getConfiguration(): RTCConfiguration {
    return configurationOf(this.#configuration)
  }

  /**
   * Throws what the browser's own throws, and OperationError while too many operations are waited for.
   *
   * A tab that refuses nevertheless closes the connection: whoever asked for a stricter configuration must not go on under the
   * old one.
   */
  setConfiguration(configuration?: unknown): void {
    const given = givenConfiguration(configuration)
    if (this.#closed) throw this.#closedError()
    const next = checkModification(this.#configuration, given, this.#gathers)
    this.#checkCalls()
    this.#configuration = next
    this.#call({ type: 'setConfiguration', configuration: next.wire }).then(
      () => {
        this.#accepted = next
      },
      (error: Error) => {
        this.#session.release(this.#pc)
        // Resolves when it has been told.
        void this.#fail(error)
      },
    )
  }

  /**
   * Makes a channel at once, which the tab then makes too. Throws TypeError, InvalidStateError once closed, and
   * OperationError for an ID that is known to be taken, or one channel too many. Where the tab has given the ID away meanwhile, the
   * channel fires `error` and `close`.
   */
  createDataChannel(...given: unknown[]): BorrowedDataChannel {
    if (given.length === 0) throw new TypeError('1 argument required, but only 0 present.')
    const [label, options] = given
    const name = usvString(label)
    const init = checkChannelInit(name, options)
    if (this.#closed) throw this.#closedError()
    const taken = init.id !== null && [...this.#channels].some(({ id }) => id === init.id)
    if (taken || this.#channels.size >= DEFAULT_MAX_CHANNELS) {
      throw new DOMException('RTCDataChannel creation failed', 'OperationError')
    }
    const { port1, port2 } = new MessageChannel()
    const channel = this.#channel({ ...init, label: name }, 'connecting', port1)
    controlOf(channel).start()
    this.#post(() => {
      this.#session.post({ type: 'channel', pc: this.#pc, label: name, init, port: port2 }, [port2])
    })
    return channel
  }

  /** Closes the connection and its channels; what was waited for never settles, as the standard has it. */
  close(): void {
    if (this.#closed) return
    this.#shut()
    this.#calls.clear()
    this.#session.release(this.#pc)
    for (const channel of this.#channels) controlOf(channel).abandon()
  }

  getSenders(): never[] {
    return this.#noMedia()
  }
  getReceivers(): never[] {
    return this.#noMedia()
  }
  getTransceivers(): never[] {
    return this.#noMedia()
  }
  /** Media stays in its page: throws NotSupportedError. */
  addTrack(): never {
    return this.#refuseMedia('addTrack')
  }
  /** Media stays in its page: throws NotSupportedError. */
  removeTrack(): never {
    return this.#refuseMedia('removeTrack')
  }
  /** Media stays in its page: throws NotSupportedError. */
  addTransceiver(): never {
    return this.#refuseMedia('addTransceiver')
  }

  // Private, so that they throw TypeError on another object, as the browser's own do.
  #noMedia(): never[] {
    return []
  }

  #refuseMedia(method: string): never {
    throw notSupported(method)
  }

  #attach(session: LenderSession): number {
    const pc = session.adopt(this.#client())
    this.#offered = this.#configuration
    session.post({ type: 'create', pc, configuration: this.#configuration.wire })
    return pc
  }

  /** What the tab tells; private to the connection, so that no caller can. */
  #client(): SessionClient {
    return {
      created: (state) => {
        this.#created = true
        this.#accepted = this.#offered
        this.#update(state)
        const outbox = this.#outbox
        this.#outbox = []
        for (const send of outbox) send()
      },
      refused: (error) => {
        // A tab that makes none, or none any more, is passed over; any other refusal would be every tab's.
        if (!isOfTab(error) || !this.#move()) void this.#fail(reviveError(error))
      },
      result: (call, outcome, state) => this.#result(call, outcome, state),
      event: (event, state) => {
        this.#update(state)
        this.#event(event)
      },
      lost: (reason) =>
        this.#created || !this.#move() ? this.#fail(new LenderLostError(reason)) : undefined,
    }
  }

  /** Nothing has been done yet: another tab can make the connection. False if none is able. */
  #move(): boolean {
    const session = this.#context.pool.choose(this.#configuration.lender)
    if (session === undefined) return false
    this.#session = session
    this.#pc = this.#attach(session)
    return true
  }

  /** Resolves when it has been told, and never rejects. */
  async #fail(error: Error): Promise<void> {
    if (this.#closed) return
    this.#closedWords = error.message
    // What the tab has not confirmed was never set.
    this.#configuration = this.#accepted
    this.#shut()
    const calls = [...this.#calls.values()]
    this.#calls.clear()
    for (const { reject } of calls) reject(error)
    const channels = [...this.#channels]
    for (const channel of channels) controlOf(channel).lose(asRtcError(error))
    await this.#tellLoss(channels)
  }

  /**
   * The browser's own connection says nothing when it is closed; whoever uses this one must learn that it was lost. Its
   * channels come first: whoever hears that the connection is closed may not listen any more to what they had received,
   * nor to why they end.
   */
  async #tellLoss(channels: BorrowedDataChannel[]): Promise<void> {
    await Promise.all(channels.map(async (channel) => controlOf(channel).over))
    await new Promise<void>((resolve) => tasks.push(resolve))
    this.dispatchEvent(new Event('signalingstatechange'))
    this.dispatchEvent(new Event('iceconnectionstatechange'))
    this.dispatchEvent(new Event('connectionstatechange'))
  }

  #shut(): void {
    this.#closed = true
    this.#outbox = []
    this.#update(closedState(this.#state))
  }

  async #call(operation: Operation): Promise<Value> {
    if (this.#closed) throw this.#closedError()
    this.#checkCalls()
    const waiting = defer<Value>()
    this.#calls.set(this.#send(operation), waiting)
    return waiting.promise
  }

  #checkCalls(): void {
    if (this.#calls.size < DEFAULT_MAX_CALLS) return
    throw new DOMException('Too many operations are waited for.', 'OperationError')
  }

  /** Resolves once everything that the tab had to tell until now has been told. */
  async #settled(): Promise<void> {
    await this.#call({ type: 'settle' }).catch(() => {
      // The connection is closed or lost: there is nothing left to wait for.
    })
  }

  /** Gives the operation a number and sends it. */
  #send(operation: Operation): number {
    const call = this.#nextCall
    this.#nextCall += 1
    this.#post(() => this.#session.post({ type: 'call', pc: this.#pc, call, operation }))
    return call
  }

  #post(send: () => void): void {
    if (this.#created) send()
    else this.#outbox.push(send)
  }

  #result(call: number, outcome: Outcome, state: ConnectionState): boolean {
    if (call >= this.#nextCall) return false
    this.#update(state)
    const waiting = this.#calls.get(call)
    this.#calls.delete(call)
    if (outcome.ok) waiting?.resolve(outcome.value)
    else waiting?.reject(reviveError(outcome.error))
    return true
  }

  #update(state: ConnectionState): void {
    this.#state = state
    const descriptions = this.#descriptions
    for (const name of ['currentLocal', 'pendingLocal', 'currentRemote', 'pendingRemote'] as const) {
      descriptions[name] = keptDescription(descriptions[name], state[`${name}Description`])
    }
    if (state.sctp === null) return
    if (this.#sctp === null) this.#sctp = new RTCSctpTransport(state.sctp)
    else updateSctpTransport(this.#sctp, state.sctp)
  }

  #event(event: ConnectionEvent): void {
    switch (event.type) {
      case 'negotiationneeded':
      case 'signalingstatechange':
      case 'icegatheringstatechange':
      case 'iceconnectionstatechange':
      case 'connectionstatechange':
        this.dispatchEvent(new Event(event.type))
        break
      case 'sctpstatechange':
        this.#sctp?.dispatchEvent(new Event('statechange'))
        break
      case 'icecandidate': {
        const candidate = event.candidate === null ? null : new RTCIceCandidate(event.candidate)
        this.dispatchEvent(new RTCPeerConnectionIceEvent('icecandidate', { candidate }))
        break
      }
      case 'icecandidateerror': {
        const { type, ...init } = event
        this.dispatchEvent(new RTCPeerConnectionIceErrorEvent(type, init))
        break
      }
      case 'datachannel': {
        if (this.#channels.size >= DEFAULT_MAX_CHANNELS) {
          event.port.postMessage({ type: 'close' } satisfies ToPump)
          break
        }
        const channel = this.#channel(event.channel, 'open', event.port)
        this.dispatchEvent(new RTCDataChannelEvent('datachannel', { channel }))
        // Only now, so that a handler that was set in the event misses nothing.
        controlOf(channel).start()
        break
      }
      default:
        unreachable(event)
    }
  }

  #channel(
    description: ChannelDescription,
    readyState: 'connecting' | 'open',
    port: MessagePort,
  ): BorrowedDataChannel {
    const { sendLimits, messagesPerTask, pool } = this.#context
    const channel = new BorrowedDataChannel({
      description,
      readyState,
      port,
      sendLimits,
      messagesPerTask,
      maxMessageSize: () => this.#sctp?.maxMessageSize ?? null,
      losesEarlyClosing: () => this.#toFirefox,
      settled: async () => this.#settled(),
      ended: (ended) => this.#channels.delete(ended),
      ignored: () => pool.ignore(),
    })
    this.#channels.add(channel)
    return channel
  }

  #closedError(): DOMException {
    return new DOMException(this.#closedWords, 'InvalidStateError')
  }
}

function notSupported(what: string): DOMException {
  return new DOMException(
    `A borrowed RTCPeerConnection carries data channels only: ${what}.`,
    'NotSupportedError',
  )
}

/** The options of an operation; its old form with callbacks is refused. */
function withoutCallback(options: unknown): Record<string, unknown> {
  if (typeof options === 'function') throw notSupported('callbacks')
  return dictionary(options, 'RTCOfferAnswerOptions')
}

function descriptionOf(value: Value): Description {
  if (value.type === 'description') return { ...value.description }
  throw new DOMException('The tab gave no description.', 'OperationError')
}
