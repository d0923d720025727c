import type { Socket } from 'node:net'
import type { Pipe } from '../page/pipe.ts'

/** A TCP connection. */
export function socketPipe(socket: Socket): Pipe {
  socket.on('error', () => socket.destroy())
  return {
    // Node keeps the buffer until it has been sent. The benchmarks send one buffer again and again, and
    // nobody changes it.
    send: (bytes) => socket.write(bytes),
    drain: () => new Promise((resolve) => socket.once('drain', resolve)),
    receive: (taken) => void socket.on('data', (data: Buffer) => taken(data)),
    close: () => void socket.end(),
    ended: (told) => void socket.once('close', () => told('closed')),
  }
}
