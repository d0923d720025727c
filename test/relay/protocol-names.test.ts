import '../support/polyfill.ts'
import { describe, expect, test } from 'vitest'
import { encodeClientMessage } from '../../src/protocol/index.ts'
import { portHost, wsHost } from '../support/hosts.ts'
import type { RelayClient } from '../support/relay-client.ts'
import { RelayLab, addressOf, streamTo } from '../support/relay-lab.ts'
import { until } from '../support/until.ts'

/** A Connect as a client sends it, but with a name that the encoder may refuse. */
function connectBytes(protocol: string, peer: string): Uint8Array<ArrayBuffer> {
  const stand = `/${'x'.repeat(new TextEncoder().encode(protocol).byteLength - 1)}`
  const bytes = encodeClientMessage({ type: 'connect', frames: true, relay: '', protocol: stand, peer })
  bytes.set(new TextEncoder().encode(protocol), 5)
  return bytes
}

describe.each([wsHost, portHost])('over $name', (host) => {
  const lab = new RelayLab(host)

  /** How the relay answers a Listen. */
  async function listen(client: RelayClient, protocol: string): Promise<'listening' | 'listenRefused'> {
    const types = ['listening', 'listenRefused'] as const
    client.send({ type: 'listen', frames: true, protocol })
    return await until(`an answer to Listen on ${protocol}`, () =>
      types.find((type) => client.all(type).some((message) => message.protocol === protocol)),
    )
  }

  describe('however many protocols a page listens on', () => {
    test.each([
      ['of 200 rooms', Array.from({ length: 200 }, (_, room) => `/x/chat-room-number-${room}`)],
      ['of 900 bytes', Array.from({ length: 9 }, (_, name) => `/x/${String(name).repeat(897)}`)],
    ])('other peers can still identify this peer: names %s', async (_, names) => {
      const target = await lab.started()
      const other = await lab.another(target)
      for (const client of [target.client, other]) {
        for (const protocol of names) client.send({ type: 'listen', frames: true, protocol })
        await until(
          'all answers',
          () => client.all('listening').length + client.all('listenRefused').length === names.length,
        )
        expect(client.all('listening')).not.toEqual([])
        expect(client.all('listenRefused')).not.toEqual([])
      }
      const far = await lab.reference()
      const identified = new Promise<string[]>((resolve) => {
        far.addEventListener('peer:identify', ({ detail }) => resolve(detail.protocols))
      })
      await streamTo(far, target, target.client.all('listening')[0]?.protocol ?? '')
      expect(await identified).toContain(other.all('listening')[0]?.protocol)
    })

    test('one listener too many is refused, the error says why, and others can still listen', async () => {
      const target = await lab.started({
        bounds: { maxAnnouncedBytes: 100, maxAnnouncedBytesPerClient: 60 },
      })
      const other = await lab.another(target)
      const name = (letter: string): string => `/x/${letter.repeat(24)}`
      expect(await listen(target.client, name('a'))).toBe('listening')
      expect(await listen(target.client, name('b'))).toBe('listening')
      expect(await listen(target.client, name('c'))).toBe('listenRefused')
      expect(target.client.all('error').map(({ message }) => message)).toEqual([
        `Listen was refused: with ${name('c')}, the names of this page's protocols would take 90 bytes, but the limit is 60: listen on fewer or shorter names`,
      ])
      expect(await listen(other, name('c'))).toBe('listening')
      expect(await listen(other, name('d'))).toBe('listenRefused')
      expect((await other.next('error')).message).toContain("the names of all pages' protocols")

      // A stopped listener makes room.
      target.client.send({ type: 'stop', retain: false, protocol: name('a') })
      await target.client.next('listenerClosed')
      expect(await listen(other, name('a'))).toBe('listening')
    })
  })

  describe('libp2p’s own protocols', () => {
    const RESERVED = [
      '/ipfs/id/1.0.0',
      '/ipfs/id/push/1.0.0',
      '/ipfs/kad/1.0.0',
      '/libp2p/circuit/relay/0.2.0/hop',
      '/libp2p/dcutr',
      '/webrtc-signaling/0.0.1',
      '/p2p/x',
      '/multistream/1.0.0',
    ]

    test.each(RESERVED)('a page may neither listen on nor dial %s', async (protocol) => {
      const { client } = await lab.started()
      const far = await lab.reference()
      expect(await listen(client, protocol)).toBe('listenRefused')
      client.connect(addressOf(far), protocol)
      const { error } = await client.next('peerConnectionRefused')
      expect(error).toContain('belong to libp2p itself')
      expect(far.getConnections()).toEqual([])
    })

    test("a page may dial libp2p's ping, which says nothing in the peer's name", async () => {
      const { client } = await lab.started()
      client.connect(addressOf(await lab.reference()), '/ipfs/ping/1.0.0', false)
      const { id } = await client.next('peerConnection')
      client.send({ type: 'data', id, data: new Uint8Array(32).fill(7) })
      await until('the echo', () => client.dataOf(id).equals(Buffer.alloc(32, 7)))
    })
  })

  describe('a protocol name that no peer could reach', () => {
    test.each([
      ['without a leading slash', 'ls', 'PROTOCOL "ls" does not start with /'],
      ['without a leading slash', 'na', 'PROTOCOL "na" does not start with /'],
      ['without a leading slash', '__proto__', 'PROTOCOL "__proto__" does not start with /'],
      ['with a line feed', '/x/a\nb', 'PROTOCOL "/x/a\\nb" contains a line feed'],
      ['with a blank at its end', '/x/a ', 'PROTOCOL "/x/a " ends in white space'],
      ['that is too long', `/${'x'.repeat(1000)}`, 'PROTOCOL has 1001 bytes, but the limit is 1000'],
    ])('%s is refused by both Listen and Connect, and the error quotes it', async (_, name, words) => {
      const target = await lab.started()
      const { client } = target
      expect(await listen(client, name)).toBe('listenRefused')
      expect((await client.next('error')).message).toContain(words)
      client.socket.send(connectBytes(name, target.id))
      const refusals = (): string[] => [
        ...client.all('peerConnectionRefused').map(({ error }) => error),
        ...client
          .all('error')
          .slice(1)
          .map(({ message }) => message),
      ]
      await until('the refusal of Connect', () => refusals().some((refusal) => refusal.includes(words)))
    })

    test.each(['/__proto__', '/x', '/x/übung', '/x/with space'])('%j is accepted', async (name) => {
      const target = await lab.started()
      const far = await lab.reference()
      expect(await listen(target.client, name)).toBe('listening')
      await streamTo(far, target, name)
      expect((await target.client.next('listenerConnection')).protocol).toBe(name)
    })
  })
})
