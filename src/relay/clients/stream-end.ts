import type { Stream } from '@libp2p/interface'
import { LastingStream } from '../../lasting/index.ts'
import { messageOf } from '../log.ts'
import { timeoutSignal } from '../timeouts.ts'
import type { StreamWriter } from './stream-writer.ts'

/** How this side ends a stream once everything is written: in order (`close`) or with a reset. */
export type LastWord = 'close' | 'reset'

/**
 * Once the last byte has left this machine, the remote has this many times `lingerTimeoutMs` to acknowledge
 * it.
 */
const MAX_ACKNOWLEDGE_WAITS = 4

/** What a {@link StreamEnd} ends. */
export interface StreamEndInit {
  stream: Stream
  writer: StreamWriter
  /** As in `RelayBounds`. */
  lingerTimeoutMs: number
  /** Returns whether the link was lost before the remote ended its stream. */
  isLost(): boolean
  /** Takes lines for the log. */
  debug(line: string): void
}

/** Ends a stream in order: flushes what was written, then closes or resets it. No step waits forever. */
export class StreamEnd {
  readonly #init: StreamEndInit
  readonly #stream: Stream
  readonly #giveUp = new AbortController()
  #writeClosed: Promise<boolean> | undefined
  #flushed: Promise<boolean> | undefined

  constructor(init: StreamEndInit) {
    this.#init = init
    this.#stream = init.stream
  }

  /**
   * Ends this side's half once everything is written, however long that takes. The remote may still send.
   *
   * Resolves to false if the stream closed before that. Rejects if it closes meanwhile.
   */
  async closeWrite(): Promise<boolean> {
    this.#writeClosed ??= this.#closeWrite()
    return await this.#writeClosed
  }

  /**
   * Flushes what was written, and then closes or resets the stream as `last` says. A further call waits for
   * the first one, and its `last` is ignored.
   *
   * Resolves to false if the link is lost meanwhile, or if nothing moves for `lingerTimeoutMs`; the stream is
   * then reset.
   */
  async flush(last: LastWord): Promise<boolean> {
    this.#flushed ??= this.#flush(last)
    return await this.#flushed
  }

  /**
   * Flushes, then waits up to `lingerTimeoutMs` for the remote to close its half, and resets the stream if it
   * doesn't.
   */
  async finish(last: LastWord): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      if (this.#stream.status !== 'open') resolve()
      this.#stream.addEventListener('close', () => resolve(), { once: true })
    })
    await this.flush(last)
    const signal = timeoutSignal(this.#init.lingerTimeoutMs)
    const giveUp = (): void => this.#stream.abort(new Error('the stream was not closed in time'))
    signal.addEventListener('abort', giveUp, { once: true })
    try {
      await this.#stream.closeRead({ signal })
    } catch (error) {
      this.#init.debug(`close: ${messageOf(error)}`)
    }
    await closed
    signal.removeEventListener('abort', giveUp)
  }

  async #closeWrite(): Promise<boolean> {
    await this.#init.writer.emptied()
    const inTime = this.#stream.writeStatus === 'writable'
    await this.#stream.close({ signal: this.#giveUp.signal })
    return inTime
  }

  async #flush(last: LastWord): Promise<boolean> {
    const { writer, lingerTimeoutMs } = this.#init
    let unsentBytes = Infinity
    let waits = 0
    const timer = setInterval(() => {
      const left = writer.unsentBytes
      waits = left < unsentBytes ? 0 : waits + 1
      unsentBytes = left
      if (waits >= (left > 0 ? 1 : MAX_ACKNOWLEDGE_WAITS)) {
        this.#giveUp.abort()
        this.#stream.abort(new Error('the other side did not take what was sent'))
      }
    }, lingerTimeoutMs)
    try {
      await writer.emptied()
      if (last === 'close') await this.closeWrite()
      else await this.#resetWhenWritten()
      return !this.#init.isLost()
    } catch (error) {
      this.#init.debug(`close: ${messageOf(error)}`)
      return false
    } finally {
      clearInterval(timer)
    }
  }

  /** Resets the stream as soon as everything that it holds has left this machine. */
  async #resetWhenWritten(): Promise<void> {
    while (this.#stream.status === 'open' && unsentBytesOf(this.#stream) > 0) {
      await new Promise<void>((resolve) => {
        this.#stream.addEventListener('idle', () => resolve(), { once: true })
        this.#stream.addEventListener('close', () => resolve(), { once: true })
      })
    }
    this.#stream.abort(new Error('the client went away without closing its connections'))
  }
}

/** A lasting stream counts what isn't acknowledged as unsent, but a reset doesn't wait for that. */
function unsentBytesOf(stream: Stream): number {
  return stream instanceof LastingStream ? stream.unsentBytes : stream.writeBufferLength
}
