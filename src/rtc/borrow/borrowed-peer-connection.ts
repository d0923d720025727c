// The file is long because the standard gives this one interface so many members.

import { tasks } from '../../platform/task-queue.ts'
import type { ConnectionEvent, Description, Operation, ToPump, Value } from '../messages/messages.ts'
import type { SendLimits } from './send-queue.ts'
import { checkChannelInit } from '../standard/channel-init.ts'
import { asRtcError } from '../standard/error-message.ts'
import type { EventHandler } from '../standard/event-handlers.ts'
import { defineHandlers } from '../standard/event-handlers.ts'
import { candidateInit } from '../standard/ice-candidate.ts'
import type { RTCError } from '../standard/rtc-error.ts'
import type { RTCSctpTransport } from '../standard/sctp-transport.ts'
import type { RTCSessionDescription } from '../standard/session-description.ts'
import { descriptionInit, isOfFirefox } from '../standard/session-description.ts'
import { RTCStatsReport } from '../standard/stats-report.ts'
import { dictionary, usvString } from '../standard/webidl.ts'
import type { BorrowedDataChannel } from './borrowed-data-channel.ts'
import { controlOf } from './borrowed-data-channel.ts'
import { Carrier } from './carrier.ts'
import { ChannelSet } from './channel-set.ts'
import { ConfigurationRecord } from './configuration-record.ts'
import { connectionEvent } from './connection-event.ts'
import { RTCDataChannelEvent } from './events.ts'
import type { LenderPool } from './lender-pool.ts'
import { MirroredState } from './mirrored-state.ts'

/** What a borrowed connection shares with the others of its `BorrowedRtc`. */
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

/**
 * The standard's RTCPeerConnection for data channels, carried by a tab (W3C WebRTC, section 4.4).
 *
 * Attributes show what the tab reported last.
 */
export class BorrowedPeerConnection extends EventTarget {
  static {
    defineHandlers(this.prototype, HANDLED, (value) => #carrier in value)
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

  readonly #configuration: ConfigurationRecord
  readonly #carrier: Carrier
  readonly #state = new MirroredState()
  readonly #channels: ChannelSet
  /** Whether the description of the other peer says that it is Firefox. */
  #isToFirefox = false
  #isClosed = false
  /** The message of the error that operations on a closed connection give. */
  #closedMessage = "The RTCPeerConnection's signalingState is 'closed'."

  /**
   * Throws what the browser's constructor throws for an invalid configuration, and NotSupportedError if no
   * tab can carry the connection, or the tab that holds the configuration's certificates can't.
   */
  constructor(context: BorrowedConnectionContext, configuration: unknown) {
    super()
    this.#configuration = new ConfigurationRecord(configuration)
    this.#carrier = new Carrier(context.pool, this.#configuration, {
      update: (state) => this.#state.update(state),
      event: (event) => this.#event(event),
      failed: async (error) => this.#fail(error),
    })
    const { pool, sendLimits, messagesPerTask } = context
    this.#channels = new ChannelSet({
      sendLimits,
      messagesPerTask,
      maxMessageSize: () => this.#state.sctp?.maxMessageSize ?? null,
      missesEarlyClose: () => this.#isToFirefox,
      settled: async () => this.#settled(),
      ignored: () => pool.ignore(),
    })
  }

  get signalingState(): RTCSignalingState {
    return this.#state.values.signalingState
  }
  get iceGatheringState(): RTCIceGatheringState {
    return this.#state.values.iceGatheringState
  }
  get iceConnectionState(): RTCIceConnectionState {
    return this.#state.values.iceConnectionState
  }
  get connectionState(): RTCPeerConnectionState {
    return this.#state.values.connectionState
  }
  get canTrickleIceCandidates(): boolean | null {
    return this.#state.values.canTrickleIceCandidates
  }
  get localDescription(): RTCSessionDescription | null {
    return this.#state.descriptions.pendingLocal ?? this.#state.descriptions.currentLocal
  }
  get currentLocalDescription(): RTCSessionDescription | null {
    return this.#state.descriptions.currentLocal
  }
  get pendingLocalDescription(): RTCSessionDescription | null {
    return this.#state.descriptions.pendingLocal
  }
  get remoteDescription(): RTCSessionDescription | null {
    return this.#state.descriptions.pendingRemote ?? this.#state.descriptions.currentRemote
  }
  get currentRemoteDescription(): RTCSessionDescription | null {
    return this.#state.descriptions.currentRemote
  }
  get pendingRemoteDescription(): RTCSessionDescription | null {
    return this.#state.descriptions.pendingRemote
  }
  get sctp(): RTCSctpTransport | null {
    return this.#state.sctp
  }

  /** Honours `iceRestart` only. Rejects with NotSupportedError if the options ask for media. */
  async createOffer(options?: unknown): Promise<Description> {
    const { iceRestart, offerToReceiveAudio, offerToReceiveVideo } = withoutCallback(options)
    if (Boolean(offerToReceiveAudio) || Boolean(offerToReceiveVideo)) throw notSupported('media')
    return descriptionOf(await this.#call({ type: 'createOffer', iceRestart: Boolean(iceRestart) }))
  }

  async createAnswer(options?: unknown): Promise<Description> {
    withoutCallback(options)
    return descriptionOf(await this.#call({ type: 'createAnswer' }))
  }

  /** Without a description, sets the one that fits the signaling state, as the standard says. */
  async setLocalDescription(description?: unknown): Promise<void> {
    this.#configuration.startGathering()
    const init = description === undefined || description === null ? null : descriptionInit(description)
    await this.#call({ type: 'setLocalDescription', description: init })
  }

  async setRemoteDescription(...description: unknown[]): Promise<void> {
    if (description.length === 0) throw new TypeError('1 argument required, but only 0 present.')
    const init = descriptionInit(description[0])
    // Read from the argument, because Chromium doesn't keep the originator's name, and before the tab
    // answers, because a channel may open earlier.
    this.#isToFirefox = isOfFirefox(init)
    await this.#call({ type: 'setRemoteDescription', description: init })
  }

  async addIceCandidate(candidate?: unknown): Promise<void> {
    const init = candidate === undefined || candidate === null ? null : candidateInit(candidate)
    await this.#call({ type: 'addIceCandidate', candidate: init })
  }

  /** Resolves to an empty report if the connection is closed, because its statistics were lost with it. */
  async getStats(selector?: unknown): Promise<RTCStatsReport> {
    if (selector !== undefined && selector !== null) {
      throw new DOMException('There is no such track in this connection.', 'InvalidAccessError')
    }
    if (this.#isClosed) return new RTCStatsReport()
    const value = await this.#call({ type: 'getStats' })
    return new RTCStatsReport(value.type === 'stats' ? value.entries : [])
  }

  /** Throws OperationError if too many operations are waiting for the tab. */
  restartIce(): void {
    if (this.#isClosed) return
    this.#carrier.checkCalls()
    this.#call({ type: 'restartIce' }).catch(() => {
      // The connection was lost, and its events say so.
    })
  }

  getConfiguration(): RTCConfiguration {
    return this.#configuration.get()
  }

  /**
   * Throws what the browser's own throws, and OperationError if too many operations are waiting for the tab.
   *
   * If the tab refuses nevertheless, the connection is closed: a caller that asked for a stricter
   * configuration must not go on under the old one.
   */
  setConfiguration(configuration?: unknown): void {
    const modified = this.#configuration.checkModification(configuration, () => {
      if (this.#isClosed) throw this.#closedError()
    })
    this.#carrier.checkCalls()
    this.#configuration.set(modified)
    this.#call({ type: 'setConfiguration', configuration: modified.posted }).then(
      () => this.#configuration.confirm(modified),
      (error: Error) => void this.#fail(error),
    )
  }

  /**
   * Returns a channel immediately, which the tab then makes too. Throws TypeError, InvalidStateError if the
   * connection is closed, and OperationError if the ID is known to be in use or there are too many channels.
   * If the tab has given the ID to another channel meanwhile, this one fires `error` and `close`.
   */
  createDataChannel(...given: unknown[]): BorrowedDataChannel {
    if (given.length === 0) throw new TypeError('1 argument required, but only 0 present.')
    const [label, options] = given
    const name = usvString(label)
    const init = checkChannelInit(name, options)
    if (this.#isClosed) throw this.#closedError()
    if (this.#channels.isFull || (init.id !== null && this.#channels.hasId(init.id))) {
      throw new DOMException('RTCDataChannel creation failed', 'OperationError')
    }
    const { port1, port2 } = new MessageChannel()
    const channel = this.#channels.add({ ...init, label: name }, 'connecting', port1)
    controlOf(channel).start()
    this.#carrier.createChannel(name, init, port2)
    return channel
  }

  /** Closes the connection and its channels. Promises that are pending never settle, as the standard says. */
  close(): void {
    if (this.#isClosed) return
    this.#shut()
    this.#carrier.release()
    this.#channels.abandon()
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

  // Private, so that the methods above throw TypeError on another object, as the browser's own do.
  #noMedia(): never[] {
    return []
  }

  #refuseMedia(method: string): never {
    throw notSupported(method)
  }

  /** Resolves when the loss has been dispatched; never rejects. */
  async #fail(error: Error): Promise<void> {
    if (this.#isClosed) return
    this.#closedMessage = error.message
    this.#configuration.revert()
    this.#shut()
    this.#carrier.release(error)
    await this.#dispatchLoss(asRtcError(error))
  }

  /**
   * Dispatches the change to `closed`, which a browser's own connection doesn't report after `close()`, but
   * users of this one must learn that it was lost. Its channels come first: code that learns that the
   * connection is closed may stop listening to what its channels had received, and to why they ended.
   */
  async #dispatchLoss(reason: RTCError): Promise<void> {
    await this.#channels.lose(reason)
    await new Promise<void>((resolve) => tasks.push(resolve))
    this.dispatchEvent(new Event('signalingstatechange'))
    this.dispatchEvent(new Event('iceconnectionstatechange'))
    this.dispatchEvent(new Event('connectionstatechange'))
  }

  #shut(): void {
    this.#isClosed = true
    this.#state.close()
  }

  async #call(operation: Operation): Promise<Value> {
    if (this.#isClosed) throw this.#closedError()
    return this.#carrier.call(operation)
  }

  /** Resolves once everything that the tab has reported until now has been dispatched. */
  async #settled(): Promise<void> {
    await this.#call({ type: 'settle' }).catch(() => {
      // The connection is closed or lost, so nothing more comes.
    })
  }

  #event(event: ConnectionEvent): void {
    if (event.type === 'datachannel') this.#incoming(event)
    else if (event.type === 'sctpstatechange') this.#state.sctp?.dispatchEvent(new Event('statechange'))
    else this.dispatchEvent(connectionEvent(event))
  }

  #incoming({ channel: description, port }: Extract<ConnectionEvent, { type: 'datachannel' }>): void {
    if (this.#channels.isFull) {
      port.postMessage({ type: 'close' } satisfies ToPump)
      return
    }
    const channel = this.#channels.add(description, 'open', port)
    this.dispatchEvent(new RTCDataChannelEvent('datachannel', { channel }))
    // Only now, so that handlers set during the event miss nothing.
    controlOf(channel).start()
  }

  #closedError(): DOMException {
    return new DOMException(this.#closedMessage, 'InvalidStateError')
  }
}

function notSupported(what: string): DOMException {
  return new DOMException(
    `A borrowed RTCPeerConnection carries data channels only: ${what}.`,
    'NotSupportedError',
  )
}

/** Returns the options of an operation. Throws NotSupportedError for its old form with callbacks. */
function withoutCallback(options: unknown): Record<string, unknown> {
  if (typeof options === 'function') throw notSupported('callbacks')
  return dictionary(options, 'RTCOfferAnswerOptions')
}

function descriptionOf(value: Value): Description {
  if (value.type === 'description') return { ...value.description }
  throw new DOMException('The tab returned no description.', 'OperationError')
}
