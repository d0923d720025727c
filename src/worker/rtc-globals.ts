import { createBorrowedRtc } from '../rtc/index.ts'

/**
 * WebRTC for this worker, lent by tabs. @libp2p/webrtc looks for its classes as globals when it loads, so this module is
 * the worker's first import.
 */
export const borrowedRtc = createBorrowedRtc()

borrowedRtc.install(globalThis)
