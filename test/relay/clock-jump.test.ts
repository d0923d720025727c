import '../support/polyfill.ts'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { encodePeerAddress } from '../../src/protocol/index.ts'
import { wsHost } from '../support/hosts.ts'
import { RelayLab } from '../support/relay-lab.ts'

const PROTOCOL = '/x/clock'
const HOUR_MS = 3_600_000

const lab = new RelayLab(wsHost)
afterEach(() => vi.restoreAllMocks())

test.each([
  ['forwards', HOUR_MS],
  ['backwards', -HOUR_MS],
])(
  'a Connect tries its second address although the clock jumps %s while the first is silent',
  async (_, byMs) => {
    const { client } = await lab.started({ bounds: { connectTimeoutMs: 6_000 } })
    const far = await lab.reference()
    await far.handle(PROTOCOL, () => undefined)
    const silent = createServer((socket) => void socket.on('error', () => undefined).resume())
    silent.listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const sockets: { destroy(): void }[] = []
    silent.on('connection', (socket) => sockets.push(socket))
    lab.cleanups.push(async () => {
      for (const socket of sockets) socket.destroy()
      silent.close()
    })
    const { port } = silent.address() as AddressInfo
    const addrs = [`/ip4/127.0.0.1/tcp/${port}`, ...far.getMultiaddrs().map((address) => address.toString())]
    client.connect(encodePeerAddress({ peer: far.peerId.toString(), addrs }), PROTOCOL)
    await once(silent, 'connection')
    const now = Date.now
    vi.spyOn(Date, 'now').mockImplementation(() => now() + byMs)
    const { peer } = await client.next('peerConnection')
    expect(peer).toBe(far.peerId.toString())
  },
)
