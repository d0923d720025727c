import { createBorrowedRtc } from '../rtc/index.ts'

/**
 * Largest data-channel message, in bytes, that may be joined from several. Joining pays because
 * @libp2p/webrtc sends the length of each frame as a separate message, and allowed because libp2p's streams
 * are read as bytes.
 *
 * Invariant: a message of more than 4,096 bytes is exactly the body of one frame. go-libp2p reads a frame's
 * length through a buffer of this size and its body into a buffer of the body's size, and pion fails if a
 * message is longer than the buffer.
 */
export const MAX_JOINED_BYTES = 4_096

/**
 * Data-channel messages handled in one task: at most 256 KiB of a stream, which reach the page in 2 messages,
 * not 16.
 */
const MESSAGES_PER_TASK = 16

/**
 * WebRTC for this worker, lent by tabs. This module must be the worker's first import, because @libp2p/webrtc
 * looks up the WebRTC classes as globals when it loads.
 */
export const borrowedRtc = createBorrowedRtc({
  joinSendsBytes: MAX_JOINED_BYTES,
  messagesPerTask: MESSAGES_PER_TASK,
})

borrowedRtc.install(globalThis)
