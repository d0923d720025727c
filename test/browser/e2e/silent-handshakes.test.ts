import '../../support/polyfill.ts'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import type { Libp2p } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, expect, test } from 'vitest'
import { startChromium } from '../../support/chromium.ts'
import { OK, openSilentCircuit } from '../../support/hop.ts'
import { connectLab } from '../../support/lab-page.ts'
import { serveLab } from '../../support/lab-site.ts'
import { LOCAL_MODE, startNodeBuild } from '../../support/node-build.ts'
import { pinging, startReferencePeer } from '../../support/peers.ts'

/** More handshakes than a peer allows from one source at once. */
const SILENT = 40

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function startPeer(options: Parameters<typeof startReferencePeer>[0] = {}): Promise<Libp2p> {
  const libp2p = await startReferencePeer(options)
  cleanups.push(async () => await libp2p.stop())
  return libp2p
}

/** Another peer connects over this address, and gets an answer. */
async function reach(address: string): Promise<void> {
  const signal = AbortSignal.timeout(10_000)
  const libp2p = await startPeer()
  await libp2p.dial(multiaddr(address), { signal })
  await pinging(libp2p).ping(peerIdFromString(address.split('/').at(-1) ?? ''), { signal })
}

test(`a page can be reached while ${SILENT} silent circuits to it are open`, async () => {
  const webSocket = '/ip4/127.0.0.1/tcp/0/ws'
  const relay = await startPeer({
    relay: { maxInboundHopStreams: 1_000, maxOutboundStopStreams: 1_000 },
    listen: [webSocket],
    webSockets: true,
  })
  const addresses = relay.getMultiaddrs().map((address) => address.toString())
  const site = await serveLab('src/client/index.ts', 'libp2pClient', {
    relays: addresses.filter((address) => address.includes('/ws/')),
  })
  cleanups.push(() => site.close())
  const browser = await startChromium()
  cleanups.push(() => browser.close())
  const { page } = await browser.open(`${site.origin}/lab.html`)
  const { peer, public: isPublic } = await connectLab(page)
  expect(isPublic).toBe(true)

  const attack = await (await startPeer()).dial(relay.getMultiaddrs())
  const target = peerIdFromString(peer)
  for (let count = 0; count < SILENT; count += 1)
    expect((await openSilentCircuit(attack, target)).status).toBe(OK)
  await reach(`${addresses.find((address) => !address.includes('/ws/'))}/p2p-circuit/p2p/${peer}`)
})

test(`a Node peer can be reached while ${SILENT} silent connections to it are open`, async () => {
  const node = await startNodeBuild(LOCAL_MODE.filter((flag) => flag !== '-relay'))
  cleanups.push(() => node.stop())
  const { peer } = (await (await fetch(`${node.origin}/status.json`)).json()) as {
    peer: { id: string; addresses: { address: string }[] }
  }
  const tcp = peer.addresses.map(({ address }) => address).find((one) => /\/tcp\/\d+$/.test(one))
  const open = async (): Promise<Socket> => {
    const socket = connect({ host: '127.0.0.1', port: Number(tcp?.split('/').at(-1)) })
    socket.on('error', () => undefined)
    cleanups.push(async () => socket.destroy())
    await once(socket, 'connect')
    return socket
  }
  await Promise.all(Array.from({ length: SILENT }, open))
  await reach(`${tcp}/p2p/${peer.id}`)
})
