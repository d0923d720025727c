import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Part } from '../../src/rtc/messages/messages.ts'
import { DEFAULT_MAX_SEND_QUEUE_BYTES } from '../../src/rtc/index.ts'
import { SendQueue } from '../../src/rtc/borrow/send-queue.ts'
import { MAX_JOINED_BYTES } from '../../src/worker/rtc-globals.ts'

/** The size of Go's `bufio.Reader`, through which go-libp2p reads the length of a frame. */
const GO_BUFFER_BYTES = 4096

/**
 * The reading end of a data channel in pion, which fails on a message that is longer than the reader's
 * buffer.
 */
class PionChannel {
  readonly #messages: Uint8Array[]

  constructor(messages: Uint8Array[]) {
    this.#messages = messages
  }

  read(bufferBytes: number): Uint8Array {
    const message = this.#messages.shift()
    if (message === undefined) throw new Error('EOF')
    if (message.byteLength > bufferBytes) {
      throw new Error(`short buffer: ${message.byteLength} bytes do not fit into ${bufferBytes}`)
    }
    return message
  }
}

/**
 * Go's `bufio.Reader`, which bypasses its buffer only if that is empty and the request is at least as large.
 */
class GoReader {
  readonly #channel: PionChannel
  #buffered = new Uint8Array(0)

  constructor(channel: PionChannel) {
    this.#channel = channel
  }

  readFull(byteLength: number): Uint8Array {
    const got: Uint8Array[] = []
    for (let left = byteLength; left > 0;) {
      let part: Uint8Array
      if (this.#buffered.byteLength === 0 && left >= GO_BUFFER_BYTES) part = this.#channel.read(left)
      else {
        if (this.#buffered.byteLength === 0) this.#buffered = this.#channel.read(GO_BUFFER_BYTES).slice()
        part = this.#buffered.slice(0, left)
        this.#buffered = this.#buffered.slice(left)
      }
      left -= part.byteLength
      got.push(part)
    }
    return Buffer.concat(got)
  }

  /** Reads a frame of libp2p's WebRTC specification: its length as an unsigned varint, then its body. */
  readFrame(): Uint8Array {
    let byteLength = 0
    for (let shift = 0; ; shift += 7) {
      const [byte = 0] = this.readFull(1)
      byteLength += (byte & 0x7f) << shift
      if (byte < 0x80) return this.readFull(byteLength)
    }
  }
}

function prefix(byteLength: number): Uint8Array {
  const bytes: number[] = []
  let rest = byteLength
  for (; rest >= 0x80; rest >>= 7) bytes.push((rest & 0x7f) | 0x80)
  return Uint8Array.of(...bytes, rest)
}

test('go-libp2p can read frames of any length that are sent over a lent channel', async () => {
  const length = fc.oneof(
    fc.integer({ min: 1, max: 16_384 }),
    fc.integer({ min: GO_BUFFER_BYTES - 8, max: GO_BUFFER_BYTES + 8 }),
    fc.integer({ min: 1, max: 100 }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(length, { maxLength: 12 }), { maxLength: 6 }), async (bursts) => {
      const parts: Part[] = []
      const queue = new SendQueue(
        {
          post: (message) => {
            if (message.type === 'data') parts.push(...message.parts)
          },
          failed: (error) => expect.fail(String(error)),
        },
        {
          sendWindowBytes: 20_000,
          maxSendQueueBytes: DEFAULT_MAX_SEND_QUEUE_BYTES,
          joinSendsBytes: MAX_JOINED_BYTES,
        },
      )
      const frames = bursts.flat().map((byteLength, index) => new Uint8Array(byteLength).fill(index + 1))
      let next = 0
      for (const burst of bursts) {
        for (const frame of frames.slice(next, next + burst.length)) {
          // @libp2p/webrtc sends the length and the body separately.
          queue.push(prefix(frame.byteLength))
          queue.push(frame)
        }
        next += burst.length
        await Promise.resolve()
        await Promise.resolve()
      }
      for (let posted = 0; queue.bufferedAmount > 0;) {
        const bytes = parts.slice(posted).reduce((sum, part) => sum + (part as ArrayBuffer).byteLength, 0)
        posted = parts.length
        queue.confirmSent(bytes)
        await Promise.resolve()
        await Promise.resolve()
      }
      const reader = new GoReader(new PionChannel(parts.map((part) => new Uint8Array(part as ArrayBuffer))))
      for (const frame of frames) expect(Buffer.from(reader.readFrame()).equals(frame)).toBe(true)
    }),
  )
})
