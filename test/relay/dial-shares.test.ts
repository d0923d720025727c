import '../support/polyfill.ts'
import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { createServer } from 'node:net'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { describe, expect, test } from 'vitest'
import { encodePeerAddress } from '../../src/protocol/index.ts'
import { GradualAborts } from '../../src/relay/dialing/gradual-aborts.ts'
import { portHost, wsHost } from '../support/hosts.ts'
import { ManualSocket } from '../support/manual-socket.ts'
import { makeRelay } from '../support/peers.ts'
import { RelayLab, addressOf } from '../support/relay-lab.ts'
import { until } from '../support/until.ts'

const PROTOCOL = '/x/dials'
/** More than ends in one task, plus some for the messages of other tasks. */
const MOST_IN_ONE_TASK = 40

/** Addresses of so many peers on a server that accepts connections and never answers. */
async function silentPeers(lab: RelayLab, count: number): Promise<string[]> {
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket.resume())
    socket.on('error', () => undefined)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  lab.cleanups.push(async () => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const keys = await Promise.all(Array.from({ length: count }, () => generateKeyPair('Ed25519')))
  return keys.map((key) =>
    encodePeerAddress({
      peer: peerIdFromPrivateKey(key).toString(),
      addrs: [`/ip4/127.0.0.1/tcp/${port}`],
    }),
  )
}

describe.each([wsHost, portHost])('over $name', (host) => {
  const lab = new RelayLab(host)

  test('a page that dials hundreds of silent addresses does not delay the Connect of another page', async () => {
    const target = await lab.started()
    const pages = [target.client, await lab.another(target)]
    const other = await lab.another(target)
    for (const page of pages) {
      for (const peer of await silentPeers(lab, 200)) page.connect(peer, PROTOCOL)
    }
    await until('the relay to receive all Connects', () =>
      target.served.relay
        .status()
        .clients.slice(0, 2)
        .every(({ pendingConnects }) => pendingConnects === 200),
    )
    const far = await lab.reference()
    await far.handle(PROTOCOL, () => undefined)
    other.connect(addressOf(far), PROTOCOL)
    await other.next('peerConnection')
    // The other page's dials have been pending all the time.
    for (const page of pages) expect(page.all('peerConnectionRefused')).toEqual([])
  })

  test('a Connect that never got its turn says what it was waiting for', async () => {
    const { client } = await lab.started({ bounds: { connectTimeoutMs: 500 } })
    for (const peer of await silentPeers(lab, 100)) client.connect(peer, PROTOCOL)
    await client.next('peerConnectionRefused', 99)
    const errors = client.all('peerConnectionRefused').map(({ error }) => error)
    const waiting = 'gave up after 0.5 s; it was waiting for other dials of this page to finish'
    expect(errors.filter((error) => error === waiting).length).toBeGreaterThan(80)
    expect(errors.some((error) => error.includes('1 address tried'))).toBe(true)
  })
})

describe('hundreds of Connects that end together', () => {
  const lab = new RelayLab(wsHost)

  test('are reported in many short tasks, so the peer serves others in between', async () => {
    const relay = makeRelay({ bounds: { connectTimeoutMs: 500 } })
    lab.cleanups.push(() => relay.stop())
    await relay.start()
    let inThisTask = 0
    let mostInOneTask = 0
    class CountingSocket extends ManualSocket {
      override send(message: Uint8Array<ArrayBuffer>): boolean {
        if (inThisTask === 0) {
          setImmediate(() => {
            inThisTask = 0
          })
        }
        inThisTask += 1
        mostInOneTask = Math.max(mostInOneTask, inThisTask)
        return super.send(message)
      }
    }
    const page = new CountingSocket(relay)
    for (const peer of await silentPeers(lab, 400)) {
      page.put({ type: 'connect', peer, protocol: PROTOCOL, frames: true, relay: '' })
    }
    await until('all Connects to be refused', () => page.all('peerConnectionRefused').length === 400)
    expect(mostInOneTask).toBeLessThanOrEqual(MOST_IN_ONE_TASK)
  })

  test('leave nothing behind when their page has gone', async () => {
    const target = await lab.started()
    for (const peer of await silentPeers(lab, 400)) target.client.connect(peer, PROTOCOL)
    const { relay } = target.served
    await until('the Connects', () => relay.status().clients[0]?.pendingConnects === 400)
    target.client.socket.close()
    const other = await lab.another(target)
    await until('its dials to end', () => relay.status().peer?.dialCount === 0)
    expect(other.all('error')).toEqual([])
  })
})

test('run a few at a time, in tasks of their own', () => {
  const tasks: (() => void)[] = []
  const ends = new GradualAborts((task) => tasks.push(task))
  const controllers = Array.from({ length: 20 }, () => new AbortController())
  const over = new Error('over')
  for (const controller of controllers) ends.add(controller, over)
  const ended = (): number => controllers.filter(({ signal }) => signal.reason === over).length
  const counts = [ended()]
  for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) {
    task()
    counts.push(ended())
  }
  expect(counts).toEqual([0, 8, 16, 20])
})
