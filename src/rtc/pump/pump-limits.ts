import type { PumpLimits } from '../messages/messages.ts'

/** Received bytes that a pump sends on before the borrower's handlers have run for them. */
export const DEFAULT_RECEIVE_WINDOW_BYTES = 1_048_576

/**
 * Received bytes that a pump holds for a borrower that does not take them. A browser's data channel cannot be
 * paused, so past this the channel is closed with an error that says so; what is held is delivered first.
 */
export const DEFAULT_MAX_UNDELIVERED_BYTES = 67_108_864

/**
 * Bytes that leave the real channel's buffer between two reports to the borrower: the grain of
 * `bufferedAmount`.
 */
export const DEFAULT_REPORT_BYTES = 131_072

/** Messages are sent on together until they cost this much: one port message then carries many small ones. */
export const MAX_BATCH_BYTES = 262_144

/** The limits with their defaults in place of what is absent. */
export function pumpLimits(limits: Partial<PumpLimits> = {}): PumpLimits {
  return {
    receiveWindowBytes: limits.receiveWindowBytes ?? DEFAULT_RECEIVE_WINDOW_BYTES,
    maxUndeliveredBytes: limits.maxUndeliveredBytes ?? DEFAULT_MAX_UNDELIVERED_BYTES,
    reportBytes: limits.reportBytes ?? DEFAULT_REPORT_BYTES,
  }
}
