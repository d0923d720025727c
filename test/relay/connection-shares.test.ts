import '../support/polyfill.ts'
import type { Libp2p, Stream } from '@libp2p/interface'
import { describe, expect, test } from 'vitest'
import { portHost, wsHost } from '../support/hosts.ts'
import type { Started } from '../support/relay-lab.ts'
import { RelayLab, addressOf, streamTo } from '../support/relay-lab.ts'
import { until } from '../support/until.ts'

const PROTOCOL = '/x/shares'

describe.each([wsHost, portHost])('over $name', (host) => {
  const lab = new RelayLab(host)

  /** Opens so many streams to the page, and waits until only as many as the page accepts remain. */
  async function flood(peer: Libp2p, target: Started, count: number, kept: number): Promise<Stream[]> {
    const streams: Stream[] = []
    for (let opened = 0; opened < count; opened += 1) streams.push(await streamTo(peer, target, PROTOCOL))
    const left = (): Stream[] => streams.filter(({ status }) => status === 'open')
    await until('the page to reset the rest', () => left().length === kept)
    return left()
  }

  test('a remote peer that opens hundreds of connections to a page leaves room for other peers and for the page', async () => {
    const target = await lab.started()
    const { client } = target
    await client.listen(PROTOCOL)
    const [greedy, other] = [await lab.reference(), await lab.reference()]
    const [first] = await flood(greedy, target, 300, 256)
    expect(client.all('listenerConnection').length).toBe(256)
    const [refusal] = target.served.relay.status().refusals
    expect(refusal).toMatchObject({ what: 'accept', peer: greedy.peerId.toString() })
    expect(refusal?.reason).toContain('256 connections')

    await streamTo(other, target, PROTOCOL)
    expect((await client.next('listenerConnection', 256)).peer).toBe(other.peerId.toString())
    await greedy.handle('/x/back', () => undefined)
    client.connect(addressOf(greedy), '/x/back')
    await client.next('peerConnection')

    // Connections that have ended make room.
    await first?.close()
    await client.next('connectionClosed')
    await streamTo(greedy, target, PROTOCOL)
    await client.next('listenerConnection', 257)
  })

  test("many remote peers together still leave room for the page's own Connects", async () => {
    const target = await lab.started({
      bounds: {
        maxConnectionsPerClient: 8,
        maxInboundConnectionsPerClient: 6,
        maxInboundConnectionsPerPeer: 4,
      },
    })
    const { client } = target
    await client.listen(PROTOCOL)
    const [one, two] = [await lab.reference(), await lab.reference()]
    await flood(one, target, 6, 4)
    await flood(two, target, 6, 2)
    await one.handle('/x/back', () => undefined)
    for (let index = 0; index < 2; index += 1) {
      client.connect(addressOf(one), '/x/back')
      await client.next('peerConnection', index)
    }
    client.connect(addressOf(one), '/x/back')
    expect((await client.next('peerConnectionRefused')).error).toContain('8 connections')
  })
})
