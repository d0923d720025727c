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
} from '../pump/send-queue.ts'
import { RTCSessionDescription } from '../standard/session-description.ts'
import { RTCStatsReport } from '../standard/stats-report.ts'

export interface BorrowedRtcOptions {
  /** Bytes of one channel that are with the tab at a time; default {@link DEFAULT_SEND_WINDOW_BYTES}. */
  sendWindowBytes?: number
  /** Bytes that one channel buffers before `send` throws; default {@link DEFAULT_MAX_SEND_QUEUE_BYTES}. */
  maxSendQueueBytes?: number
  /**
   * Bytes up to which binary messages are joined to one that are sent in one go, or while they wait for the
   * tab; default {@link DEFAULT_JOIN_SENDS_BYTES}: none are. Only for protocols that read a channel as a
   * stream of bytes, as libp2p's does: the other end sees fewer messages than were sent. A message is dear in
   * the browser, whatever its size.
   */
  joinSendsBytes?: number
  /**
   * Messages that have come together and are told in one task, so that promise callbacks run only behind
   * them; default {@link DEFAULT_MESSAGES_PER_TASK}, as the standard has it. With more, whoever reads bytes
   * can take them in one go.
   */
  messagesPerTask?: number
}

/** Every `message` event has a task of its own. */
export const DEFAULT_MESSAGES_PER_TASK = 1

/** What is known of a tab when it comes. */
export interface LenderInfo {
  /** Default true; the tab itself tells of changes. */
  visible?: boolean
}

/** A tab that lends. */
export interface Lender {
  readonly report: LenderReport
  /**
   * The tab has gone, or is not wanted any more: its connections become `closed`, its channels fire `error`
   * and `close`, and what they are waited for rejects, all with `reason`; default {@link TAB_CLOSED}. Again,
   * it does nothing.
   */
  remove(reason?: string): void
}

/** WebRTC for a place that has none: the standard's classes, and the tabs that carry their connections. */
export interface BorrowedRtc {
  readonly RTCPeerConnection: typeof globalThis.RTCPeerConnection
  readonly RTCSessionDescription: typeof globalThis.RTCSessionDescription
  readonly RTCIceCandidate: typeof globalThis.RTCIceCandidate
  readonly RTCDataChannel: typeof globalThis.RTCDataChannel
  /** Tabs that are able to lend now: one counts from its first message on. */
  readonly lenderCount: number
  /** Called after {@link lenderCount} has changed. */
  onlenderschange: (() => void) | null
  /** Messages of tabs and pumps that were malformed or came at a wrong time: each was ignored. */
  readonly ignored: number
  /**
   * Takes connections from the tab at the other end of `port`, where `lendWebRTC` was called. Throws
   * OperationError when `DEFAULT_MAX_LENDERS` lend already.
   */
  addLender(port: MessagePort, info?: LenderInfo): Lender
  /** Defines the classes as globals of `globalObject`: before code is loaded that looks for them. */
  install(globalObject: object): void
}

/** Makes the classes, which begin to work when a tab lends. Nothing is defined globally until `install`. */
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
 * The classes are the standard's for data channels, and throw for the rest; the DOM's types know no such
 * part, so this is where the one is taken for the other.
 */
type StandardClasses = Pick<
  BorrowedRtc,
  'RTCPeerConnection' | 'RTCSessionDescription' | 'RTCIceCandidate' | 'RTCDataChannel'
>

/**
 * The class of connections of one set: with the members of {@link BorrowedPeerConnection}, and the tabs of
 * this set.
 */
function peerConnectionClass(context: BorrowedConnectionContext): AnyClass {
  class RTCPeerConnection {
    constructor(configuration?: unknown) {
      // The prototype of what is made is this class's, or that of a class of the page that extends it.
      return Reflect.construct(BorrowedPeerConnection, [context, configuration], new.target)
    }

    /**
     * A certificate that only the tab that makes it can use. Rejects with NotSupportedError if no tab is
     * able.
     */
    static async generateCertificate(...given: unknown[]): Promise<RTCCertificate> {
      if (given.length === 0) throw new TypeError('1 argument required, but only 0 present.')
      const wire = certificateAlgorithm(given[0])
      const session = context.pool.choose()
      if (session === undefined) throw new DOMException(NO_LENDER, 'NotSupportedError')
      return session.certify(wire)
    }
  }
  const { constructor: _, ...members } = Object.getOwnPropertyDescriptors(BorrowedPeerConnection.prototype)
  Object.defineProperties(RTCPeerConnection.prototype, members)
  Object.setPrototypeOf(RTCPeerConnection.prototype, EventTarget.prototype)
  Object.setPrototypeOf(RTCPeerConnection, EventTarget)
  return RTCPeerConnection
}

/** The classes that all sets share, as pages see them. */
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
