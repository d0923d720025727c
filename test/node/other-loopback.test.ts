import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer as createNetServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { expect, test } from 'vitest'
import { takenLoopback } from '../../src/node/http/other-loopback.ts'
import { createServer } from '../../src/node/http/server.ts'
import { echoCore } from './support/echo-core.ts'

const hasIpv6 = Object.values(networkInterfaces()).some((list) =>
  list?.some(({ address }) => address === '::1'),
)

test.skipIf(!hasIpv6).each([
  { addr: '127.0.0.1', other: '::1', named: '[::1]', instead: '127.0.0.1' },
  { addr: '0.0.0.0', other: '::1', named: '[::1]', instead: '127.0.0.1' },
  { addr: '::1', other: '127.0.0.1', named: '127.0.0.1', instead: '[::1]' },
])(
  'a server on $addr warns of another program on $named, which browsers show at localhost',
  async ({ addr, other, named, instead }) => {
    const neighbour = createNetServer().listen({ host: other, port: 0, ipv6Only: true })
    await once(neighbour, 'listening')
    const { port } = neighbour.address() as AddressInfo
    const warnings: string[] = []
    const server = await createServer({
      core: echoCore(),
      addr,
      port,
      warn: (line) => void warnings.push(line),
    })
    try {
      expect(warnings).toEqual([
        `another program is listening on ${named}:${port}, and browsers may show its pages at http://localhost:${port}/. Open http://${instead}:${port}/ instead, or choose another port with -port.`,
      ])
    } finally {
      await server.close()
      neighbour.close()
      await once(neighbour, 'close')
    }
  },
)

test.skipIf(!hasIpv6)('without another program there is no warning, and the port stays free', async () => {
  const warnings: string[] = []
  const server = await createServer({ core: echoCore(), port: 0, warn: (line) => void warnings.push(line) })
  const { port } = server
  const later = createNetServer().listen({ host: '::1', port, ipv6Only: true })
  await once(later, 'listening')
  later.close()
  await once(later, 'close')
  await server.close()
  expect(warnings).toEqual([])
  expect(await takenLoopback('192.0.2.1', port)).toBeUndefined()
})
