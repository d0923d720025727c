import type { RefusalReason } from './reasons.ts'

/** The other side didn't take a stream, or doesn't resume it. */
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
  'stale-epoch': 'the other side is resuming this stream itself',
  limit: 'the other side has as many streams as it allows',
  'unsupported-protocol': 'the other side does not serve this protocol',
}

/** A stream's last carrier was lost and no other could be opened in time. */
export class LastingLostError extends Error {
  override readonly name = 'LastingLostError'
}

/** The other side doesn't have the protocol of lasting streams. */
export class LastingUnsupportedError extends Error {
  override readonly name = 'LastingUnsupportedError'

  constructor() {
    super('the other side does not know lasting streams')
  }
}

/** The other side sent something that the protocol forbids. */
export class LastingProtocolError extends Error {
  override readonly name = 'LastingProtocolError'
}
