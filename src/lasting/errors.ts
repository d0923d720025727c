import type { RefusalReason } from './reasons.ts'

/** The other side refused to open or resume a stream. */
export class LastingRefusedError extends Error {
  override readonly name = 'LastingRefusedError'
  readonly reason: RefusalReason

  constructor(reason: RefusalReason) {
    super(REFUSALS[reason])
    this.reason = reason
  }
}

const REFUSALS: Record<RefusalReason, string> = {
  'unknown-stream': 'the other side no longer has this stream',
  finished: 'the other side has finished this stream',
  'stale-epoch': 'the other side is already resuming this stream',
  limit: 'the other side has reached its stream limit',
  'unsupported-protocol': 'the other side does not serve this protocol',
}

/** A stream's last carrier was lost and no other could be opened in time. */
export class LastingLostError extends Error {
  override readonly name = 'LastingLostError'
}

/** The other side doesn't support lasting streams. */
export class LastingUnsupportedError extends Error {
  override readonly name = 'LastingUnsupportedError'

  constructor() {
    super('the other side does not support lasting streams')
  }
}

/** The other side violated the protocol. */
export class LastingProtocolError extends Error {
  override readonly name = 'LastingProtocolError'
}
