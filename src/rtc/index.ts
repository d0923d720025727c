export type { BorrowedRtc, BorrowedRtcOptions, Lender, LenderInfo } from './borrowed-rtc.ts'
export { createBorrowedRtc } from './borrowed-rtc.ts'
export { DEFAULT_MAX_CALLS, DEFAULT_MAX_CHANNELS } from './borrowed-peer-connection.ts'
export type { LenderView } from './choose-lender.ts'
export { chooseLender, DEFAULT_LENDER_BUDGET, DEFAULT_SAME_AGE_MS } from './choose-lender.ts'
export type { LendOptions, LentWebRTC } from './lend-webrtc.ts'
export { DEFAULT_MAX_CONNECTIONS, lendWebRTC } from './lend-webrtc.ts'
export { DEFAULT_MAX_CERTIFICATES } from './lent-certificates.ts'
export { DEFAULT_MAX_LENDERS } from './lender-pool.ts'
export type { LenderReport, LenderState } from './lender-session.ts'
export { DEFAULT_SPENT_MS } from './lender-session.ts'
export type { PumpLimits } from './messages.ts'
export type { PumpPlace } from './pump-host.ts'
export { DEFAULT_PUMP_START_MS } from './pump-host.ts'
export {
  DEFAULT_MAX_UNDELIVERED_BYTES,
  DEFAULT_RECEIVE_WINDOW_BYTES,
  DEFAULT_REPORT_BYTES,
} from './pump-limits.ts'
export {
  DEFAULT_JOIN_SENDS_BYTES,
  DEFAULT_MAX_SEND_QUEUE_BYTES,
  DEFAULT_SEND_WINDOW_BYTES,
} from './send-queue.ts'
export { NO_LENDER, TAB_CLOSED } from './reasons.ts'
