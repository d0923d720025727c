import { createBorrowedRtc } from '../rtc/index.ts'

/**
 * Bytes of a message that may be joined of several. libp2p's streams are read as bytes, and @libp2p/webrtc sends the length of a frame as
 * a message of its own.
 *
 * Invariant: a data-channel message of more than 4,096 bytes is the body of one frame and nothing else. go-libp2p reads a frame's length
 * through a buffer of that size and its body into one of the body's own, and pion fails if a message is longer than the buffer.
 */
export const MAX_JOINED_BYTES = 4_096

/** 256 KiB of a stream at most are taken in one task, and go to the page in two messages instead of 16. */
const MESSAGES_PER_TASK = 16

/**
 * WebRTC for this worker, lent by tabs. @libp2p/webrtc looks for its classes as globals when it loads, so this module is
 * the worker's first import.
 */
export const borrowedRtc = createBorrowedRtc({
  joinSendsBytes: MAX_JOINED_BYTES,
  messagesPerTask: MESSAGES_PER_TASK,
})

borrowedRtc.install(globalThis)
