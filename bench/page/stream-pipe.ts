import type { Stream } from '@libp2p/interface'
import type { Pipe } from './pipe.ts'

/** A stream of js-libp2p. */
export function streamPipe(stream: Stream): Pipe {
  // Otherwise it would stay half open, and their number is limited.
  stream.addEventListener('remoteCloseWrite', () => void stream.close())
  return {
    send: (bytes) => stream.send(bytes),
    drain: () => new Promise((resolve) => stream.addEventListener('drain', () => resolve(), { once: true })),
    receive: (taken) => stream.addEventListener('message', ({ data }) => taken(data)),
    close: () => void stream.close(),
    ended: (told) =>
      stream.addEventListener('close', ({ error }) => told(error?.message ?? 'closed'), { once: true }),
  }
}
