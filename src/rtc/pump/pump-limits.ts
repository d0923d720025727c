import type { PumpLimits } from '../messages/messages.ts'

/** Received bytes that a pump forwards ahead of the borrower's handlers. */
export const DEFAULT_RECEIVE_WINDOW_BYTES = 1_048_576

/**
 * Received bytes that a pump keeps for a borrower that doesn't keep up. A browser's data channel can't be
 * paused, so beyond this the channel is closed with an error that says so. What was kept is delivered first.
 */
export const DEFAULT_MAX_UNDELIVERED_BYTES = 67_108_864

/**
 * Bytes that leave the real channel's buffer between two reports to the borrower: the steps of
 * `bufferedAmount`.
 */
export const DEFAULT_REPORT_BYTES = 131_072

/** The cost up to which messages are forwarded together, so that one port message carries many small ones. */
export const MAX_BATCH_BYTES = 262_144

/** Fills in the defaults of absent limits. */
export function pumpLimits(limits: Partial<PumpLimits> = {}): PumpLimits {
  return {
    receiveWindowBytes: limits.receiveWindowBytes ?? DEFAULT_RECEIVE_WINDOW_BYTES,
    maxUndeliveredBytes: limits.maxUndeliveredBytes ?? DEFAULT_MAX_UNDELIVERED_BYTES,
    reportBytes: limits.reportBytes ?? DEFAULT_REPORT_BYTES,
  }
}
