import type { Logger } from '@libp2p/interface'
import type { SendResult } from '@libp2p/utils'
import { AbstractStream } from '@libp2p/utils'
import { Uint8ArrayList } from 'uint8arraylist'

/** Bytes that one end of a loopback stream holds for a paused reader before the other end must wait. */
export const LOOPBACK_WINDOW_BYTES = 1_048_576

/**
 * One end of a stream between two clients of the same peer, with the semantics of a libp2p stream and no
 * network.
 *
 * {@link loopbackPair} creates both ends. Flow control is a window on the bytes that the other end hasn't yet
 * dispatched to its reader.
 */
class LoopbackStream extends AbstractStream {
  #other: LoopbackStream | undefined

  join(other: LoopbackStream): void {
    this.#other = other
  }

  override sendData(data: Uint8ArrayList): SendResult {
    let sentBytes = 0
    // Unless the reader is paused, it has taken the chunk when `onData` returns, so there is room again.
    for (;;) {
      const room = this.#other === undefined ? 0 : LOOPBACK_WINDOW_BYTES - this.#other.readBufferLength
      const end = Math.min(data.byteLength, sentBytes + Math.max(0, room))
      // The reader may transfer the buffers (see `ownsBuffers`), so it gets copies until the last part.
      const chunk =
        end === data.byteLength ? data.sublist(sentBytes) : new Uint8ArrayList(data.slice(sentBytes, end))
      if (chunk.byteLength === 0) break
      sentBytes += chunk.byteLength
      this.#other?.onData(chunk)
    }
    return { sentBytes, canSendMore: sentBytes === data.byteLength }
  }

  override sendReset(): void {
    this.#other?.onRemoteReset()
  }

  /** Nothing to send: the window fills up while nothing is dispatched. */
  override sendPause(): void {
    this.log.trace('paused with %d bytes', this.readBufferLength)
  }

  override sendResume(): void {
    this.#makeRoom()
  }

  override async sendCloseWrite(): Promise<void> {
    this.#other?.onRemoteCloseWrite()
  }

  override async sendCloseRead(): Promise<void> {
    this.#other?.onRemoteCloseRead()
  }

  protected override dispatchReadBuffer(): void {
    super.dispatchReadBuffer()
    this.#makeRoom()
  }

  #makeRoom(): void {
    const other = this.#other
    if (other?.writableNeedsDrain === true && this.readBufferLength < LOOPBACK_WINDOW_BYTES)
      other.onMuxerDrain()
  }
}

/** Creates the two ends of a stream: the other end receives what one sends. */
export function loopbackPair(
  protocol: string,
  log: Logger,
): { dialer: AbstractStream; listener: AbstractStream } {
  const dialer = new LoopbackStream({ id: 'loopback', protocol, direction: 'outbound', log })
  const listener = new LoopbackStream({ id: 'loopback', protocol, direction: 'inbound', log })
  dialer.join(listener)
  listener.join(dialer)
  return { dialer, listener }
}
