import { createBorrowedRtc } from '../rtc/index.ts'

/**
 * Bytes of the longest message that libp2p sends on a data channel (libp2p's WebRTC specification, "Multiplexing"). Its streams are
 * read as bytes, and @libp2p/webrtc sends the length of a frame as a message of its own.
 */
const LIBP2P_MESSAGE_BYTES = 16_384

/** 256 KiB of a stream at most are taken in one task, and go to the page in two messages instead of 16. */
const MESSAGES_PER_TASK = 16

/**
 * WebRTC for this worker, lent by tabs. @libp2p/webrtc looks for its classes as globals when it loads, so this module is
 * the worker's first import.
 */
export const borrowedRtc = createBorrowedRtc({
  joinSendsBytes: LIBP2P_MESSAGE_BYTES,
  messagesPerTask: MESSAGES_PER_TASK,
})

borrowedRtc.install(globalThis)
