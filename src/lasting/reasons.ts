/** Reasons for refusing OPEN or RESUME. The index is the code on the wire. */
export const REFUSAL_REASONS = [
  'unknown-stream',
  'finished',
  'stale-epoch',
  'limit',
  'unsupported-protocol',
] as const
export type RefusalReason = (typeof REFUSAL_REASONS)[number]

/** Reasons for resetting a stream. The index is the code on the wire. */
export const RESET_REASONS = ['aborted', 'protocol-error'] as const
export type ResetReason = (typeof RESET_REASONS)[number]
