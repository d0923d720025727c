/** Why a carrier's opening is refused; the index is the code on the wire. */
export const REFUSAL_REASONS = [
  'unknown-stream',
  'finished',
  'stale-epoch',
  'limit',
  'unsupported-protocol',
] as const
export type RefusalReason = (typeof REFUSAL_REASONS)[number]

/** Why a stream is reset; the index is the code on the wire. */
export const RESET_REASONS = ['aborted', 'protocol-error'] as const
export type ResetReason = (typeof RESET_REASONS)[number]
