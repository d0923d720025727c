import '../support/polyfill.ts'
import { describe, expect, test } from 'vitest'
import { DEFAULT_BOUNDS } from '../../src/relay/index.ts'
import { SUBPROTOCOL } from '../../src/protocol/index.ts'
import { ClientFinders } from '../../src/relay/clients/client-finders.ts'
import { ClientOutput } from '../../src/relay/clients/client-output.ts'
import type { ClientPeer, FoundPeer } from '../../src/relay/clients/client-peer.ts'
import { InputPause } from '../../src/relay/clients/input-pause.ts'
import { decodeServerMessage } from '../../src/protocol/index.ts'
import { wsHost } from '../support/hosts.ts'
import { RelayLab } from '../support/relay-lab.ts'

describe('Find Peers', () => {
  const lab = new RelayLab(wsHost)

  test('is refused beyond the limit of a client, and has room again after Stop Finding', async () => {
    const target = await lab.started()
    const client = await lab.another(target, { subprotocol: SUBPROTOCOL })
    const { maxNamespacesPerClient: max } = DEFAULT_BOUNDS
    for (let number = 0; number < max; number++) client.send({ type: 'findPeers', namespace: String(number) })
    client.send({ type: 'findPeers', namespace: '0' })
    client.send({ type: 'findPeers', namespace: 'one too many' })
    const { message } = await client.next('error')
    expect(message).toBe(
      `Find Peers was refused: this page already looks for peers in ${max} namespaces, which is the limit`,
    )
    const { refusals, peer } = target.served.relay.status()
    expect(refusals).toMatchObject([{ what: 'find', protocol: 'one too many' }])
    expect(peer?.rendezvous).toMatchObject({ namespaces: max, knownPeers: 0, points: [] })

    client.send({ type: 'stopFinding', namespace: 'never looked in' })
    client.send({ type: 'stopFinding', namespace: '0' })
    client.send({ type: 'findPeers', namespace: 'another' })
    await client.listen('/x/settled')
    expect(client.all('error').length).toBe(1)
  })

  test('is refused beyond the limit of the peer', async () => {
    const target = await lab.started()
    const clients = await Promise.all(
      Array.from({ length: 5 }, () => lab.another(target, { subprotocol: SUBPROTOCOL })),
    )
    for (const [number, client] of clients.entries()) {
      for (let index = 0; index < 32; index++)
        client.send({ type: 'findPeers', namespace: `${number} ${index}` })
      await client.listen(`/x/settled/${number}`)
    }
    expect(clients.map((client) => client.all('error').length)).toEqual([0, 0, 0, 0, 32])
    expect(target.served.relay.status().peer?.rendezvous?.namespaces).toBe(128)
  })

  test('is an unknown opcode without the subprotocol', async () => {
    const { client } = await lab.started()
    client.send({ type: 'findPeers', namespace: 'tea' })
    expect((await client.next('error')).message).toBe('unknown opcode 19')
  })
})

test('a client that does not keep up gets the newest addresses of each peer, once it does', () => {
  const sent: string[] = []
  let isFull = false
  const socket = {
    send: (bytes: Uint8Array) => {
      const message = decodeServerMessage(bytes, SUBPROTOCOL)
      if (message.type === 'peerFound') sent.push(`${message.peer} ${message.addresses.join()}`)
      return !isFull
    },
    pause: () => undefined,
    resume: () => undefined,
    close: () => undefined,
  }
  const output = new ClientOutput(socket, new InputPause(socket))
  const finders = new ClientFinders({ maxNamespaces: 1, output, refused: () => undefined })
  let tell: (found: FoundPeer) => void = () => undefined
  let isStopped = false
  const peer = {
    refusalOfFind: () => undefined,
    find: (_: string, told: (found: FoundPeer) => void) => {
      tell = told
      return () => (isStopped = true)
    },
  } as unknown as ClientPeer
  finders.find(peer, 'tea')

  tell({ peer: 'one', addresses: ['1'] })
  isFull = true
  tell({ peer: 'two', addresses: ['1'] })
  tell({ peer: 'three', addresses: ['1'] })
  tell({ peer: 'one', addresses: ['2'] })
  tell({ peer: 'three', addresses: ['2'] })
  expect(sent).toEqual(['one 1', 'two 1'])
  isFull = false
  output.drain()
  expect(sent).toEqual(['one 1', 'two 1', 'three 2', 'one 2'])

  isFull = true
  tell({ peer: 'one', addresses: ['3'] })
  tell({ peer: 'two', addresses: ['3'] })
  finders.clear()
  isFull = false
  output.drain()
  expect([sent.at(-1), isStopped]).toEqual(['one 3', true])
})
