export type { BorrowedRtc, BorrowedRtcOptions, Lender, LenderInfo } from './borrow/borrowed-rtc.ts'
export { createBorrowedRtc } from './borrow/borrowed-rtc.ts'
export { DEFAULT_MAX_CALLS } from './borrow/carrier.ts'
export { DEFAULT_MAX_CHANNELS } from './borrow/channel-set.ts'
export type { LenderView } from './borrow/choose-lender.ts'
export { chooseLender, DEFAULT_LENDER_BUDGET, DEFAULT_SAME_AGE_MS } from './borrow/choose-lender.ts'
export type { LendOptions, LentWebRTC } from './lend/lend-webrtc.ts'
export { DEFAULT_MAX_CONNECTIONS, lendWebRTC } from './lend/lend-webrtc.ts'
export { DEFAULT_MAX_CERTIFICATES } from './lend/lent-certificates.ts'
export { LenderLostError } from './borrow/lender-lost-error.ts'
export { DEFAULT_MAX_LENDERS } from './borrow/lender-pool.ts'
export type { LenderReport, LenderState } from './borrow/lender-session.ts'
export { DEFAULT_SPENT_MS } from './borrow/lender-session.ts'
export type { PumpLimits } from './messages/messages.ts'
export type { PumpPlace } from './lend/pump-host.ts'
export { DEFAULT_PUMP_START_MS } from './lend/pump-host.ts'
export {
  DEFAULT_MAX_UNDELIVERED_BYTES,
  DEFAULT_RECEIVE_WINDOW_BYTES,
  DEFAULT_REPORT_BYTES,
} from './pump/pump-limits.ts'
export {
  DEFAULT_JOIN_SENDS_BYTES,
  DEFAULT_MAX_SEND_QUEUE_BYTES,
  DEFAULT_SEND_WINDOW_BYTES,
} from './borrow/send-queue.ts'
export { NO_LENDER, TAB_CLOSED } from './reasons.ts'
