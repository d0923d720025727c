import type { GlobalClass } from '../messages/globals.ts'
import { BorrowedDataChannel } from './borrowed-data-channel.ts'
import type { BorrowedConnectionContext } from './borrowed-peer-connection.ts'
import { BorrowedPeerConnection } from './borrowed-peer-connection.ts'
import { RTCCertificate } from '../standard/certificate.ts'
import { certificateAlgorithm } from '../standard/certificate-algorithm.ts'
import { RTCDataChannelEvent, RTCPeerConnectionIceErrorEvent, RTCPeerConnectionIceEvent } from './events.ts'
import { RTCIceCandidate } from '../standard/ice-candidate.ts'
import type { AnyClass } from '../standard/interface.ts'
import { shapeInterface } from '../standard/interface.ts'
import { INTERFACES } from '../standard/interfaces.ts'
import { LenderPool } from './lender-pool.ts'
import type { LenderReport } from './lender-session.ts'
import { NO_LENDER, TAB_CLOSED } from '../reasons.ts'
import { RTCError, RTCErrorEvent } from '../standard/rtc-error.ts'
import { RTCSctpTransport } from '../standard/sctp-transport.ts'
import {
  DEFAULT_JOIN_SENDS_BYTES,
  DEFAULT_MAX_SEND_QUEUE_BYTES,
  DEFAULT_SEND_WINDOW_BYTES,
} from './send-queue.ts'
import { RTCSessionDescription } from '../standard/session-description.ts'
import { RTCStatsReport } from '../standard/stats-report.ts'

export interface BorrowedRtcOptions {
  /** Bytes of one channel that may be with the tab at a time; default {@link DEFAULT_SEND_WINDOW_BYTES}. */
  sendWindowBytes?: number
  /** Bytes that one channel buffers before `send` throws; default {@link DEFAULT_MAX_SEND_QUEUE_BYTES}. */
  maxSendQueueBytes?: number
  /**
   * Bytes up to which binary messages that are sent together, or wait for the tab, are joined into one;
   * default {@link DEFAULT_JOIN_SENDS_BYTES}, which joins none. Use it only for protocols that read a channel
   * as a stream of bytes, as libp2p does, because the other end sees fewer messages than were sent. It pays
   * because each message costs a browser much the same, whatever its size.
   */
  joinSendsBytes?: number
  /**
   * Messages that are dispatched in one task if they arrive together, so that promise callbacks run only
   * after all of them; default {@link DEFAULT_MESSAGES_PER_TASK}, as the standard says. With more, code that
   * reads bytes can read them together.
   */
  messagesPerTask?: number
}

/** Each `message` event is dispatched in a task of its own. */
export const DEFAULT_MESSAGES_PER_TASK = 1

/** What is known about a tab when it is added. */
export interface LenderInfo {
  /** Whether the tab is visible; default true. The tab reports changes. */
  visible?: boolean
}

/** A tab that lends. */
export interface Lender {
  readonly report: LenderReport
  /**
   * Call this when the tab has gone or should lend no more. Its connections become `closed`, its channels
   * fire `error` and `close`, and pending promises reject, all with a `LenderLostError` whose message is
   * `reason`; default {@link TAB_CLOSED}. A second call does nothing.
   */
  remove(reason?: string): void
}

/** WebRTC for a realm that has none: the standard's classes, and the tabs that carry their connections. */
export interface BorrowedRtc {
  readonly RTCPeerConnection: GlobalClass<'RTCPeerConnection'>
  readonly RTCSessionDescription: GlobalClass<'RTCSessionDescription'>
  readonly RTCIceCandidate: GlobalClass<'RTCIceCandidate'>
  readonly RTCDataChannel: GlobalClass<'RTCDataChannel'>
  /** The number of tabs that can lend now. A tab counts from its first message on. */
  readonly lenderCount: number
  /** Called after {@link lenderCount} has changed. */
  onlenderschange: (() => void) | null
  /** Messages of tabs and pumps that were malformed or came at the wrong time. Each was ignored. */
  readonly ignored: number
  /**
   * Adds the tab at the other end of `port`, where `lendWebRTC` was called. Throws OperationError if
   * `DEFAULT_MAX_LENDERS` tabs lend already.
   */
  addLender(port: MessagePort, info?: LenderInfo): Lender
  /** Defines the classes as globals of `globalObject`. Call it before you load code that looks for them. */
  install(globalObject: object): void
}

/**
 * Makes the classes. They work as soon as a tab lends. Nothing is defined globally until you call `install`.
 */
export function createBorrowedRtc(options: BorrowedRtcOptions = {}): BorrowedRtc {
  const pool = new LenderPool()
  const classes = classesOver({
    pool,
    sendLimits: {
      sendWindowBytes: options.sendWindowBytes ?? DEFAULT_SEND_WINDOW_BYTES,
      maxSendQueueBytes: options.maxSendQueueBytes ?? DEFAULT_MAX_SEND_QUEUE_BYTES,
      joinSendsBytes: options.joinSendsBytes ?? DEFAULT_JOIN_SENDS_BYTES,
    },
    messagesPerTask: options.messagesPerTask ?? DEFAULT_MESSAGES_PER_TASK,
  })
  return {
    ...(classes as unknown as StandardClasses),
    get lenderCount() {
      return pool.count
    },
    get onlenderschange() {
      return pool.onchange
    },
    set onlenderschange(listener) {
      pool.onchange = listener
    },
    get ignored() {
      return pool.ignored
    },
    addLender(port, info) {
      const session = pool.add(port, info?.visible ?? true)
      return {
        get report() {
          return session.report
        },
        remove: (reason = TAB_CLOSED) => session.end(reason),
      }
    },
    install(globalObject) {
      for (const [name, value] of Object.entries(classes)) {
        Object.defineProperty(globalObject, name, { value, configurable: true, writable: true })
      }
    },
  }
}

/**
 * The DOM's types have no name for the part of the standard that the classes implement (data channels), so
 * they are cast to the whole.
 */
type StandardClasses = Pick<
  BorrowedRtc,
  'RTCPeerConnection' | 'RTCSessionDescription' | 'RTCIceCandidate' | 'RTCDataChannel'
>

/**
 * Makes the RTCPeerConnection of one `BorrowedRtc`, with the members of {@link BorrowedPeerConnection} and
 * its own tabs.
 */
function peerConnectionClass(context: BorrowedConnectionContext): AnyClass {
  class RTCPeerConnection {
    constructor(configuration?: unknown) {
      // `new.target` gives the instance the prototype of this class, or of a class of the caller's that
      // extends it.
      return Reflect.construct(BorrowedPeerConnection, [context, configuration], new.target)
    }

    /**
     * Makes a certificate that only one tab can use. Rejects with NotSupportedError if no tab can lend.
     */
    static async generateCertificate(...given: unknown[]): Promise<RTCCertificate> {
      if (given.length === 0) throw new TypeError('1 argument required, but only 0 present.')
      const algorithm = certificateAlgorithm(given[0])
      const session = context.pool.choose()
      if (session === undefined) throw new DOMException(NO_LENDER, 'NotSupportedError')
      return session.certify(algorithm)
    }
  }
  const { constructor: _, ...members } = Object.getOwnPropertyDescriptors(BorrowedPeerConnection.prototype)
  Object.defineProperties(RTCPeerConnection.prototype, members)
  Object.setPrototypeOf(RTCPeerConnection.prototype, EventTarget.prototype)
  Object.setPrototypeOf(RTCPeerConnection, EventTarget)
  return RTCPeerConnection
}

/** The classes that every `BorrowedRtc` shares. */
const SHARED = {
  RTCSessionDescription,
  RTCIceCandidate,
  RTCDataChannel: BorrowedDataChannel,
  RTCCertificate,
  RTCDataChannelEvent,
  RTCError,
  RTCErrorEvent,
  RTCPeerConnectionIceErrorEvent,
  RTCPeerConnectionIceEvent,
  RTCSctpTransport,
  RTCStatsReport,
}

const shared = Object.entries(SHARED).map(
  ([name, Class]) => [name, shapeInterface(name, Class, INTERFACES[name as keyof typeof SHARED])] as const,
)

function classesOver(context: BorrowedConnectionContext): Record<string, AnyClass> {
  const Connection = peerConnectionClass(context)
  return {
    RTCPeerConnection: shapeInterface('RTCPeerConnection', Connection, INTERFACES.RTCPeerConnection),
    ...Object.fromEntries(shared),
  }
}
