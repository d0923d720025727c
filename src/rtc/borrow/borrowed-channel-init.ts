import type { ChannelDescription } from '../messages/messages.ts'
import type { SendLimits } from './send-queue.ts'
import type { RTCError } from '../standard/rtc-error.ts'

/** What a borrowed channel is made from. Only a borrowed connection makes one. */
export interface BorrowedChannelInit {
  description: ChannelDescription
  readyState: 'connecting' | 'open'
  port: MessagePort
  sendLimits: SendLimits
  /** Messages that are dispatched in one task: see `BorrowedRtcOptions`. */
  messagesPerTask: number
  /** Bytes of the largest message that the other peer accepts; null while that is not known. */
  maxMessageSize(): number | null
  /** Whether the other peer misses a close that immediately follows the opening: see {@link CloseDelay}. */
  missesEarlyClose(): boolean
  /** Resolves once the connection has dispatched what had happened to it before; never rejects. */
  settled(): Promise<void>
  /** Called once, when the channel is closed and sends and receives nothing more. */
  ended(): void
  /** Called for a message on the port that was malformed or came at the wrong time. */
  ignored(): void
}

/** What a connection can do with one of its channels, and a page can't. */
export interface ChannelControl {
  /** Starts to receive from the pump. For a channel of the other peer: after its `datachannel` event. */
  start(): void
  /** Closes the channel immediately, because its connection was closed on this side; only `close` follows. */
  abandon(): void
  /**
   * Ends the channel because its tab is gone or it failed: messages that had arrived are dispatched first,
   * then `error` with this error, then `close`. Until the `error` event its state stays as it was, because a
   * sender would otherwise learn of the end from an exception that doesn't give the reason.
   */
  lose(error: RTCError): void
  /** Resolves when the last event, `close`, has been dispatched. */
  over: Promise<void>
}
