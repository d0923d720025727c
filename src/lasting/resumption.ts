import type { Logger, Stream } from '@libp2p/interface'
import { LastingLostError, LastingRefusedError, LastingUnsupportedError } from './errors.ts'
import type { LastingStream } from './lasting-stream.ts'
import type { LastingLimits } from './limits.ts'

/** Milliseconds that the side which accepted a stream leaves to the other one to resume it. */
const HEAD_START_MS = 100
/**
 * Milliseconds before another attempt: doubled each time, and up to half as much again, so that both sides
 * don't keep meeting.
 */
const FIRST_PAUSE_MS = 100
const MAX_PAUSE_MS = 3_000

interface ResumptionInit {
  openCarrier(signal: AbortSignal): Promise<Stream>
  /** Holds what lets the next attempt begin immediately, while there is a pause before it. */
  waiting: Set<() => void>
  log: Logger
  limits: LastingLimits
  stopping: AbortSignal
  /**
   * Aborted once the stream has a carrier again, or has ended: a later interruption has a search of its own.
   */
  resumed: AbortSignal
}

/**
 * Finds another carrier for a stream that has none, or ends it. Resolves when it has one again, or has ended.
 */
export async function resume(stream: LastingStream, init: ResumptionInit): Promise<void> {
  const over = new AbortController()
  const end = (): void =>
    over.abort(
      new LastingLostError(`no way to the peer was found in ${init.limits.resumeTimeoutMs / 1000} s`),
    )
  const timer = setTimeout(end, init.limits.resumeTimeoutMs)
  const signal = AbortSignal.any([init.stopping, over.signal])
  const untilResumed = AbortSignal.any([signal, init.resumed])
  try {
    if (stream.direction === 'inbound') await pause(HEAD_START_MS, init.waiting, untilResumed)
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
      untilResumed.throwIfAborted()
      await attempt(stream, init, signal)
      await pause(pauseMs * (1 + Math.random() / 2), init.waiting, untilResumed)
    }
  } catch (error) {
    if (!init.resumed.aborted) {
      stream.fail(error instanceof Error ? error : new LastingLostError('the stream was not resumed'))
    }
  } finally {
    clearTimeout(timer)
  }
}

/**
 * One attempt. Its failure is no failure of the stream, unless the other side doesn't have the stream any
 * more.
 */
async function attempt(stream: LastingStream, init: ResumptionInit, signal: AbortSignal): Promise<void> {
  const timeout = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  try {
    const carrier = await init.openCarrier(signal)
    if (init.resumed.aborted) {
      carrier.abort(new LastingLostError('the other side has resumed the stream'))
      return
    }
    timer = setTimeout(
      () => timeout.abort(new LastingLostError('the peer did not answer in time')),
      init.limits.answerTimeoutMs,
    )
    await stream.resumeOn(carrier, AbortSignal.any([signal, timeout.signal]))
  } catch (error) {
    init.log('an attempt to resume stream %s failed - %e', stream.name, error)
    // It has been restarted without lasting streams, so it no longer has this one.
    if (error instanceof LastingUnsupportedError) stream.fail(new LastingRefusedError('unknown-stream'))
    if (!(error instanceof LastingRefusedError)) return
    if (error.reason === 'finished') stream.finishByWord()
    else if (error.reason === 'unknown-stream') stream.fail(error)
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Waits for `ms` milliseconds, or until somebody calls the function that is in `waiting` meanwhile. Rejects
 * with the reason of `signal` if it is aborted.
 */
async function pause(ms: number, waiting: Set<() => void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const giveUp = (): void => reject(signal.reason as Error)
  const timer = setTimeout(resolve, ms)
  waiting.add(resolve)
  signal.addEventListener('abort', giveUp, { once: true })
  try {
    await promise
  } finally {
    clearTimeout(timer)
    waiting.delete(resolve)
    signal.removeEventListener('abort', giveUp)
  }
}
