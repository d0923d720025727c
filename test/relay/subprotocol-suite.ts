import { randomBytes } from 'node:crypto'
import type { Libp2p, Stream } from '@libp2p/interface'
import { describe, expect, test } from 'vitest'
import type { ServerMessage } from '../../src/protocol/index.ts'
import { SUBPROTOCOL } from '../../src/protocol/index.ts'
import type { Host } from '../support/hosts.ts'
import { collect } from '../support/peers.ts'
import type { RelayClient } from '../support/relay-client.ts'
import type { Started } from '../support/relay-lab.ts'
import { RelayLab, addressOf, streamTo } from '../support/relay-lab.ts'
import { until } from '../support/until.ts'

const PROTOCOL = '/x/test'

interface Dialled extends Started {
  /** A client that speaks the subprotocol. */
  modern: RelayClient
  peer: Libp2p
}

/** What `docs/protocol.md` says of the subprotocol, with a relay behind `host`. */
export function testSubprotocol(host: Host): void {
  const lab = new RelayLab(host)

  /**
   * A relay with a client of 2020, one that speaks the subprotocol and listens without frames, and a peer.
   */
  const start = async (): Promise<Dialled> => {
    const target = await lab.started()
    const modern = await lab.another(target, { subprotocol: SUBPROTOCOL })
    await modern.listen(PROTOCOL, false)
    return { ...target, modern, peer: await lab.reference() }
  }

  /** A stream from the peer that the client has paused before any byte came. */
  const paused = async (target: Dialled): Promise<{ stream: Stream; id: bigint }> => {
    const stream = await streamTo(target.peer, target, PROTOCOL)
    stream.send(Uint8Array.of(0))
    const { id } = await target.modern.next('listenerConnection')
    await target.modern.next('data')
    target.modern.send({ type: 'pause', id })
    await roundTrip(target.modern)
    return { stream, id }
  }

  describe('Link Changed', () => {
    test('comes immediately before the message that opens a connection, local or direct', async () => {
      const target = await start()
      const { modern, peer, id } = target
      modern.connect(id, PROTOCOL, false)
      await modern.next('listenerConnection')
      await peer.handle('/x/far', () => undefined)
      modern.connect(addressOf(peer), '/x/far', false)
      await modern.next('peerConnection', 1)
      await streamTo(peer, target, PROTOCOL)
      await modern.next('listenerConnection', 1)
      const opened = modern.received.flatMap((message, index) => {
        if (message.type !== 'peerConnection' && message.type !== 'listenerConnection') return []
        const before = modern.received[index - 1]
        const isOfSame = before?.type === 'linkChanged' && before.id === message.id
        return `${message.type}: ${isOfSame ? before.state : before?.type}`
      })
      expect(opened).toEqual([
        'peerConnection: local',
        'listenerConnection: local',
        'peerConnection: direct',
        'listenerConnection: direct',
      ])
      expect(modern.all('linkChanged').length).toBe(4)
    })
  })

  describe('a client of 2020', () => {
    test('gets exactly the messages of 2020', async () => {
      const { client, modern, id, peer } = await start()
      await peer.handle('/x/far', (stream) => void stream.close())
      client.connect(id, PROTOCOL, false)
      const { id: near } = await client.next('peerConnection')
      const { id: at } = await modern.next('listenerConnection')
      modern.send({ type: 'data', id: at, data: Uint8Array.of(1) })
      await client.next('data')
      modern.send({ type: 'close', id: at })
      await client.next('connectionClosed')
      client.connect(addressOf(peer), '/x/far', false)
      await client.next('connectionClosed', 1)
      const far = peer.peerId.toString()
      expect(client.received.slice(2)).toEqual([
        { type: 'peerConnection', id: near, peer: id, protocol: PROTOCOL },
        { type: 'data', id: near, data: Uint8Array.of(1) },
        { type: 'connectionClosed', id: near, reason: 'EOF' },
        { type: 'peerConnection', id: near + 1n, peer: far, protocol: '/x/far' },
        { type: 'connectionClosed', id: near + 1n, reason: 'EOF' },
      ] satisfies ServerMessage[])
    })

    test('gets a Protocol Error for an opcode or a flag of the subprotocol, which has no effect', async () => {
      const { client, modern, id } = await start()
      client.connect(id, PROTOCOL, false)
      const { id: near } = await client.next('peerConnection')
      const { id: at } = await modern.next('listenerConnection')
      client.send({ type: 'pause', id: near })
      client.send({ type: 'resume', id: near })
      client.send({ type: 'closeWrite', id: near })
      client.send({ type: 'listen', frames: true, lasting: false, protocol: '/x/other' })
      client.send({ type: 'connect', peer: id, protocol: PROTOCOL, frames: true, lasting: false, relay: '' })
      await client.next('error', 4)
      expect(client.all('error').map(({ message }) => message)).toEqual([
        'unknown opcode 16',
        'unknown opcode 17',
        'unknown opcode 18',
        expect.stringContaining('FRAMES is 3, not 0 or 1'),
        expect.stringContaining('malformed Connect message'),
      ])
      modern.send({ type: 'data', id: at, data: Uint8Array.of(1) })
      await client.next('data')
      expect(client.all('listening')).toEqual([])
    })
  })

  describe('Pause', () => {
    test('slows the sender down, and Resume delivers every byte and then the end', async () => {
      const target = await start()
      const { modern } = target
      const { stream, id } = await paused(target)
      const payload = randomBytes(24_000_000)
      let sentBytes = 0
      let isHeldUp = false
      const sending = (async () => {
        while (sentBytes < payload.length) {
          const chunk = payload.subarray(sentBytes, sentBytes + 250_000)
          sentBytes += chunk.length
          if (stream.send(chunk)) continue
          isHeldUp = true
          await new Promise((done) => stream.addEventListener('drain', done, { once: true }))
          isHeldUp = false
        }
        await stream.close()
      })()
      await until('the sender to be held up', () => isHeldUp)
      await roundTrip(modern)
      expect(modern.dataOf(id).length).toBe(1)
      expect(sentBytes).toBeLessThan(payload.length)
      modern.send({ type: 'resume', id })
      await sending
      expect((await modern.next('connectionClosed')).reason).toBe('EOF')
      expect(modern.dataOf(id).subarray(1).equals(payload)).toBe(true)
    })

    test('holds back the end until everything before it is delivered', async () => {
      const target = await start()
      const { modern, peer } = target
      const { stream, id } = await paused(target)
      stream.send(randomBytes(200_000))
      await stream.close()
      // It comes over the same link, so the end has arrived before it.
      await streamTo(peer, target, PROTOCOL)
      await modern.next('listenerConnection', 1)
      await roundTrip(modern)
      expect(modern.all('connectionClosed')).toEqual([])
      modern.send({ type: 'resume', id })
      expect((await modern.next('connectionClosed')).reason).toBe('EOF')
      expect(modern.dataOf(id).length).toBe(200_001)
    })

    test('does not hold back an end that nothing comes before', async () => {
      const target = await start()
      const { stream, id } = await paused(target)
      await stream.close()
      expect(await target.modern.next('connectionClosed')).toEqual({
        type: 'connectionClosed',
        id,
        reason: 'EOF',
      })
    })

    test.each(['close', 'reset'] as const)('leaves %s as it is', async (type) => {
      const target = await start()
      const { modern } = target
      const { stream, id } = await paused(target)
      const got = collect(stream)
      stream.send(randomBytes(200_000))
      modern.send({ type: 'data', id, data: Buffer.from('last words') })
      if (type === 'reset') await until('the last words', () => got.bytes().toString() === 'last words')
      modern.send({ type, id })
      expect((await modern.next('connectionClosed')).reason).toBe('closed')
      await until('the end at the peer', () => got.remoteEnded || stream.status === 'reset')
      expect([got.remoteEnded, got.bytes().toString()]).toEqual([type === 'close', 'last words'])
      // The connection is gone: neither has an effect.
      modern.send({ type: 'resume', id })
      modern.send({ type: 'pause', id })
      await roundTrip(modern)
      expect(modern.all('error')).toEqual([])
      expect(modern.dataOf(id).length).toBe(1)
    })

    test('of one connection holds up no other', async () => {
      const target = await start()
      const { modern, peer } = target
      const { stream } = await paused(target)
      stream.send(randomBytes(1_000_000))
      const other = await streamTo(peer, target, PROTOCOL)
      const { id } = await modern.next('listenerConnection', 1)
      other.send(randomBytes(1_000_000))
      await other.close()
      expect((await modern.next('connectionClosed')).id).toBe(id)
      expect(modern.dataOf(id).length).toBe(1_000_000)
    })

    test('works between two clients of one peer', async () => {
      const { client, modern, id } = await start()
      client.connect(id, PROTOCOL, false)
      const { id: near } = await client.next('peerConnection')
      const { id: at } = await modern.next('listenerConnection')
      modern.send({ type: 'pause', id: at })
      await roundTrip(modern)
      const payload = randomBytes(6_000_000)
      for (let start = 0; start < payload.length; start += 250_000)
        client.send({ type: 'data', id: near, data: payload.subarray(start, start + 250_000) })
      client.send({ type: 'close', id: near })
      await roundTrip(modern)
      expect(modern.dataOf(at).length).toBe(0)
      modern.send({ type: 'resume', id: at })
      expect((await modern.next('connectionClosed')).reason).toBe('EOF')
      expect(modern.dataOf(at).equals(payload)).toBe(true)
    })
  })

  describe('bad input', () => {
    test('of IDs that are unknown or not assigned yet is ignored', async () => {
      const { client, modern, id } = await start()
      for (const unknown of [0n, 1n, 99n, 2n ** 64n - 1n]) {
        modern.send({ type: 'pause', id: unknown })
        modern.send({ type: 'resume', id: unknown })
        modern.send({ type: 'pause', id: unknown })
      }
      client.connect(id, PROTOCOL, false)
      const { id: near } = await client.next('peerConnection')
      client.send({ type: 'data', id: near, data: Uint8Array.of(1) })
      await modern.next('data')
      expect(modern.all('error')).toEqual([])
    })

    test('of a flood of Pause and Resume loses and reorders nothing', async () => {
      const target = await start()
      const { modern, peer } = target
      const stream = await streamTo(peer, target, PROTOCOL)
      const payload = randomBytes(4_000_000)
      stream.send(payload.subarray(0, 1_000))
      const { id } = await modern.next('listenerConnection')
      const sending = (async () => {
        for (let start = 1_000; start < payload.length; start += 100_000) {
          if (!stream.send(payload.subarray(start, start + 100_000)))
            await new Promise((done) => stream.addEventListener('drain', done, { once: true }))
        }
        await stream.close()
      })()
      for (let times = 0; times < 20_000; times++) {
        modern.send({ type: times % 3 === 2 ? 'resume' : 'pause', id })
        if (times % 500 === 0) await new Promise((resolve) => setImmediate(resolve))
      }
      modern.send({ type: 'resume', id })
      await sending
      expect((await modern.next('connectionClosed')).reason).toBe('EOF')
      expect(modern.dataOf(id).equals(payload)).toBe(true)
    })

    test.each([
      { what: 'an unassigned opcode', bytes: [21, 0, 0, 0, 0, 0, 0, 0, 0], answer: 'unknown opcode 21' },
      { what: 'an opcode left to 2020', bytes: [7, 0, 0, 0, 0, 0, 0, 0, 0], answer: 'unknown opcode 7' },
      { what: 'a short ID', bytes: [16, 0, 0], answer: 'malformed Pause message' },
      { what: 'an unknown flag', bytes: [1, 8, 0x2f, 0x78], answer: 'unknown flags' },
    ])('with $what is a Protocol Error', async ({ bytes, answer }) => {
      const { modern } = await start()
      modern.socket.send(Uint8Array.from(bytes))
      expect((await modern.next('error')).message).toContain(answer)
    })
  })
}

/** Waits until the relay has handled everything that the client has sent, and what it answers has come. */
async function roundTrip(client: RelayClient): Promise<void> {
  const count = client.all('connectionClosed').length
  const unknown = 2n ** 63n + BigInt(count)
  client.send({ type: 'data', id: unknown, data: new Uint8Array() })
  await client.next('connectionClosed', count)
  client.received.splice(
    client.received.findLastIndex((one) => 'id' in one && one.id === unknown),
    1,
  )
}
