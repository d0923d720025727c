import type { Logger, Stream } from '@libp2p/interface'
import { LastingLostError, LastingRefusedError, LastingUnsupportedError } from './errors.ts'
import type { LastingStream } from './lasting-stream.ts'
import type { LastingLimits } from './limits.ts'

/**
 * Milliseconds that the accepting side waits before it tries to resume a stream. The opening side starts
 * immediately.
 */
const HEAD_START_MS = 100
/**
 * Milliseconds before the second attempt. The pause doubles each time, up to {@link MAX_PAUSE_MS}. A random
 * extra of up to half keeps the two sides from retrying in step.
 */
const FIRST_PAUSE_MS = 100
const MAX_PAUSE_MS = 3_000

interface ResumptionInit {
  openCarrier(signal: AbortSignal): Promise<Stream>
  /** During a pause, contains a function that starts the next attempt immediately. */
  waiting: Set<() => void>
  log: Logger
  limits: LastingLimits
  stopping: AbortSignal
  /** Aborted once the stream has a carrier again or has ended. A later interruption has its own signal. */
  resumed: AbortSignal
}

/**
 * Finds another carrier for an interrupted stream, or ends the stream after a timeout. Resolves when the
 * stream has a carrier again or has ended.
 */
export async function resume(stream: LastingStream, init: ResumptionInit): Promise<void> {
  const deadline = new AbortController()
  const end = (): void =>
    deadline.abort(
      new LastingLostError(`the peer could not be reached within ${init.limits.resumeTimeoutMs / 1000} s`),
    )
  const timer = setTimeout(end, init.limits.resumeTimeoutMs)
  const signal = AbortSignal.any([init.stopping, deadline.signal])
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

/** Makes one attempt. If it fails, the stream ends only if the other side no longer has the stream. */
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
    // The peer has restarted without support for lasting streams, so it no longer has this one.
    if (error instanceof LastingUnsupportedError) stream.fail(new LastingRefusedError('unknown-stream'))
    if (!(error instanceof LastingRefusedError)) return
    if (error.reason === 'finished') stream.finishByWord()
    else if (error.reason === 'unknown-stream') stream.fail(error)
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Waits for `ms` milliseconds, or until the function that it adds to `waiting` is called. Rejects with the
 * reason of `signal` if it is aborted.
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
