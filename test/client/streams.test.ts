import '../support/polyfill.ts'
import { createHash, randomBytes } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import type { Client, Connection } from '../../src/client/index.ts'
import { startClientOfRelay } from '../support/client-of-relay.ts'
import { until } from '../support/until.ts'

const PROTOCOL = '/x/streams'

const cleanups: (() => Promise<unknown> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const start = (): Promise<Client> => startClientOfRelay(cleanups)

/** Two clients of different peers, connected without frames. */
async function connectPair({ frames = false } = {}): Promise<{ near: Connection; far: Connection }> {
  const [one, other] = [await start(), await start()]
  const options = { frames, allowHalfOpen: true }
  const listener = await other.listen(PROTOCOL, options)
  const target = { peer: other.peer, addrs: other.addresses }
  const [near, taken] = await Promise.all([
    one.dial(target, PROTOCOL, options),
    listener[Symbol.asyncIterator]().next(),
  ])
  if (taken.value === undefined) throw new Error('the listener has ended')
  return { near, far: taken.value }
}

describe('readable and writable', () => {
  test('carry a question, its end, and the answer through pipes', async () => {
    const { near, far } = await connectPair()
    const question = randomBytes(5_000_000)
    const hash = createHash('sha256')
    const answering = (async () => {
      for await (const chunk of far.readable) hash.update(chunk)
      const writer = far.writable.getWriter()
      await writer.write(hash.digest())
      await writer.close()
    })()
    await new Blob([question]).stream().pipeTo(near.writable)
    const answer = Buffer.from(await new Response(near.readable).arrayBuffer())
    await answering
    expect(answer.equals(createHash('sha256').update(question).digest())).toBe(true)
    expect(await near.closed).toEqual({ reason: 'EOF', clean: true })
    expect(await far.closed).toEqual({ reason: 'EOF', clean: true })
  })

  test('keep messages whole with frames, and take any view of bytes', async () => {
    const { near, far } = await connectPair({ frames: true })
    const writer = near.writable.getWriter()
    const bytes = Uint8Array.of(1, 2, 3, 4)
    for (const chunk of [bytes.subarray(1, 3), bytes.buffer, new DataView(bytes.buffer, 3), new Uint8Array()])
      await writer.write(chunk)
    await writer.close()
    const got: number[][] = []
    for await (const chunk of far.readable) got.push([...chunk])
    expect(got).toEqual([[2, 3], [1, 2, 3, 4], [4], []])
  })

  test('slow a writer down whose reader does not read, without memory for all of it', async () => {
    const { near, far } = await connectPair()
    const total = 30_000_000
    const piece = new Uint8Array(1_000_000)
    let writtenBytes = 0
    const writing = (async () => {
      const writer = near.writable.getWriter()
      for (; writtenBytes < total; writtenBytes += piece.length) await writer.write(piece)
      await writer.close()
    })()
    const reader = far.readable.getReader()
    await reader.read()
    // The bound is what fits into all queues of the path; a test that waits for a standstill would sleep.
    const standstill = async (): Promise<number> => {
      const before = writtenBytes
      for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve))
      return writtenBytes - before
    }
    await until('the writer to wait', async () => writtenBytes > 0 && (await standstill()) === 0)
    expect(writtenBytes).toBeLessThan(total)
    let readBytes = 0
    for (;;) {
      const { done } = await reader.read().then((result) => {
        readBytes += result.value?.byteLength ?? 0
        return result
      })
      if (done) break
    }
    await writing
    expect(readBytes).toBeGreaterThan(total - 2_000_000)
  })

  test('leave the message interface as it is until they are used', async () => {
    const { near, far } = await connectPair({ frames: true })
    near.send(Uint8Array.of(1))
    const { value } = await far[Symbol.asyncIterator]().next()
    expect(value).toEqual(Uint8Array.of(1))
    expect(far.readable).toBe(far.readable)
    expect(far.writable).toBe(far.writable)
  })

  test('reset the connection when the writable is aborted', async () => {
    const { near, far } = await connectPair()
    const writer = near.writable.getWriter()
    await writer.write(Uint8Array.of(1))
    const reader = far.readable.getReader()
    expect((await reader.read()).value).toEqual(Uint8Array.of(1))
    await writer.abort(new Error('enough'))
    await expect(reader.read()).rejects.toMatchObject({ code: 'ERR_CONNECTION_CLOSED' })
    expect(await far.closed).toEqual({ reason: 'the other side reset the stream', clean: false })
    expect(await near.closed).toEqual({ reason: 'reset by this side', clean: false })
  })

  test('fail when the relay is lost', async () => {
    const { near, far } = await connectPair()
    const reading = near.readable.getReader().read()
    const writer = near.writable.getWriter()
    await cleanups.splice(0, 1)[0]?.()
    await expect(reading).rejects.toMatchObject({ code: 'ERR_CONNECTION_CLOSED' })
    await expect(writer.closed).rejects.toMatchObject({ code: 'ERR_CONNECTION_CLOSED' })
    await far.closed
  })

  test('close the connection when the reader has cancelled and the writer has closed, in either order', async () => {
    for (const first of ['readable', 'writable'] as const) {
      const { near, far } = await connectPair()
      far.send(Uint8Array.of(1))
      const reader = near.readable.getReader()
      await reader.read()
      if (first === 'readable') await reader.cancel()
      const writer = near.writable.getWriter()
      await writer.write(Uint8Array.of(2))
      await writer.close()
      if (first === 'writable') await reader.cancel()
      expect((await near.closed).clean).toBe(true)
      const got: Uint8Array[] = []
      for await (const message of far) got.push(message)
      expect(got).toEqual([Uint8Array.of(2)])
      far.close()
    }
  })

  test('drop what arrives after the reader has cancelled, and go on writing', async () => {
    const { near, far } = await connectPair()
    await near.readable.cancel()
    const data = new Uint8Array(1_000_000)
    for (let times = 0; times < 20; times++) if (!far.send(data)) await far.drain()
    far.closeWrite()
    near.send(Uint8Array.of(1))
    const { value } = await far[Symbol.asyncIterator]().next()
    expect(value).toEqual(Uint8Array.of(1))
    near.closeWrite()
    expect((await near.closed).clean).toBe(true)
    expect((await far.closed).clean).toBe(true)
  })
})
