import type { Socket } from 'node:net'
import type { Stream } from '@libp2p/interface'
import type { StreamLink } from '../../relay/index.ts'
import { StreamReader, StreamWriter, hasLostChannel } from '../../relay/index.ts'
import type { Traffic } from '../../status/index.ts'
import { oneLine } from '../command-error.ts'

/** Milliseconds in which a peer must take some of what a closed socket has left behind. */
const LINGER_MS = 60_000

/** What a {@link StreamSocket} joins. */
export interface StreamSocketInit {
  /** An open stream that nobody else reads. */
  stream: Stream
  /** A connected socket with `allowHalfOpen` that nobody has read from. */
  socket: Socket
  link: Pick<StreamLink, 'describe' | 'lost'>
  /** Counts bytes that arrive from the peer (`inBytes`) and that are sent to it (`outBytes`). */
  traffic: Traffic
  /** Called once, when both have ended. `failure` says why they didn't end in order. */
  ended(failure: string | undefined): void
}

/**
 * Joins a libp2p stream and a TCP socket, each of which then behaves like the other end of the other one: the
 * end of data in one direction, a reset, and a slow reader are passed on as such.
 */
export class StreamSocket {
  readonly #init: StreamSocketInit
  readonly #stream: Stream
  readonly #socket: Socket
  readonly #reader: StreamReader
  readonly #writer: StreamWriter
  readonly #listening = new AbortController()
  /** Whether the peer has ended its data. Its last bytes may not have been written to the socket yet. */
  #remoteEnded = false
  /** Whether the program at the socket has ended its data. Its last bytes may not have been sent yet. */
  #socketEnded = false
  #streamClosed = false
  #socketClosed = false
  #failure: string | undefined

  constructor(init: StreamSocketInit) {
    const { stream, socket } = init
    this.#init = init
    this.#stream = stream
    this.#socket = socket
    this.#writer = new StreamWriter(stream, false, () => undefined)
    this.#reader = new StreamReader({
      stream,
      maxFrameBytes: undefined,
      gatherWith: undefined,
      message: (chunks) => this.#toSocket(chunks),
      frameTooLarge: () => undefined,
      progressed: () => this.#passEndToSocket(),
      debug: () => undefined,
    })
    this.#listenToStream()
    this.#listenToSocket()
  }

  /** Resets both. */
  reset(reason: string): void {
    this.#failure ??= reason
    this.#abortStream(reason)
    this.#resetSocket()
  }

  #listenToStream(): void {
    const stream = this.#stream
    const { signal } = this.#listening
    this.#remoteEnded = stream.remoteWriteStatus === 'closed' && stream.status === 'open'
    // On this event the stream sends its own buffer, in a microtask. Our queue must come after that.
    stream.addEventListener('drain', () => queueMicrotask(() => this.#writer.drain()), { signal })
    stream.addEventListener('remoteCloseWrite', () => this.#onRemoteEnd(), { signal })
    stream.addEventListener('close', ({ error }) => this.#onStreamClosed(error), { signal })
    stream.addEventListener('message', ({ data }) => this.#reader.receive(data), { signal })
    if (stream.status !== 'open') this.#onStreamClosed(undefined)
    queueMicrotask(() => this.#passEndToSocket())
  }

  #listenToSocket(): void {
    const socket = this.#socket
    socket.on('data', (data) => this.#toStream(data))
    socket.on('drain', () => {
      this.#reader.drain()
      this.#passEndToSocket()
    })
    socket.on('end', () => void this.#passEndToStream())
    socket.on('error', (error) => {
      this.#failure ??= `the TCP connection was lost: ${oneLine(error)}`
      this.#abortStream(this.#failure)
    })
    socket.on('close', () => {
      this.#socketClosed = true
      if (this.#socketEnded) this.#linger()
      else this.#abortStream('the TCP connection was closed')
      this.#reader.discard()
      this.#settle()
    })
    socket.resume()
  }

  /** Returns false if the socket is full, and then `drain` follows. */
  #toSocket(chunks: readonly Uint8Array[]): boolean {
    if (!this.#socket.writable) return true
    let hasRoom = true
    for (const chunk of chunks) {
      this.#init.traffic.inBytes += chunk.byteLength
      hasRoom = this.#socket.write(chunk)
    }
    return hasRoom
  }

  #toStream(data: Uint8Array): void {
    this.#init.traffic.outBytes += data.byteLength
    const written = this.#writer.write(data)
    if (written === undefined) return
    this.#socket.pause()
    void written.then(() => this.#socket.resume())
  }

  /** The program at the socket has ended its data. */
  async #passEndToStream(): Promise<void> {
    this.#socketEnded = true
    try {
      await this.#writer.emptied()
      await this.#stream.close()
    } catch (error) {
      // The stream was reset meanwhile, and its close event is passed on.
      this.#failure ??= oneLine(error)
    }
  }

  /** Resets the stream if the peer takes nothing more of what was sent, with the socket already closed. */
  #linger(): void {
    if (this.#streamClosed) return
    let leftBytes = Infinity
    const timer = setInterval(() => {
      const { unsentBytes } = this.#writer
      if (unsentBytes >= leftBytes) this.#abortStream('the peer did not take what was sent')
      leftBytes = unsentBytes
    }, LINGER_MS)
    this.#listening.signal.addEventListener('abort', () => clearInterval(timer), { once: true })
  }

  #onRemoteEnd(): void {
    // A WebRTC stream also reports this event when it loses its channel, and closes in the same task.
    const writeWasOpen = this.#stream.writeStatus === 'writable'
    if (!writeWasOpen && hasLostChannel(this.#stream)) return
    this.#remoteEnded = true
    queueMicrotask(() => {
      if (writeWasOpen && this.#stream.status === 'closed') this.#remoteEnded = false
      this.#passEndToSocket()
    })
  }

  #onStreamClosed(error: Error | undefined): void {
    this.#streamClosed = true
    // An aborted stream drops what it held.
    if (this.#stream.status === 'aborted' && this.#reader.isPaused) this.#remoteEnded = false
    if (!this.#remoteEnded) this.#noteLoss(error)
    this.#writer.drop()
    queueMicrotask(() => {
      this.#passEndToSocket()
      this.#settle()
    })
  }

  #noteLoss(error: Error | undefined): void {
    if (error?.name === 'StreamResetError' || this.#stream.status === 'reset') {
      this.#failure ??= 'the peer reset the stream'
      return
    }
    this.#init.link.lost(error)
    this.#failure ??= `the connection was lost: ${this.#init.link.describe(error).text}`
  }

  /** Once everything that the stream held is written, ends the socket's side in the same way. */
  #passEndToSocket(): void {
    if (this.#reader.holdsBytes || this.#socketClosed) return
    if (this.#remoteEnded) this.#socket.end()
    else if (this.#streamClosed) this.#resetSocket()
  }

  #abortStream(reason: string): void {
    if (this.#stream.status === 'open') this.#stream.abort(new Error(reason))
  }

  #resetSocket(): void {
    if (!this.#socket.destroyed) this.#socket.resetAndDestroy()
  }

  #settle(): void {
    if (!this.#socketClosed || !this.#streamClosed || this.#listening.signal.aborted) return
    this.#listening.abort()
    this.#init.ended(this.#failure)
  }
}
