import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { connect } from 'node:tls'
import { createNodeRelay } from '../../../src/node/peer/node-relay.ts'
import type { NodeRelay } from '../../../src/node/peer/node-relay.ts'
import type { NetworkConfig } from '../../../src/relay/index.ts'
import type { AcmeServer } from './acme-server.ts'

/** Reserved for documentation (RFC 5771), so nobody is there; libp2p treats it as public. */
export const PUBLIC_ADDRESS = '233.252.0.1'
/** The domain below which the forge provides names. */
export const FORGE_DOMAIN = 'forge.test'

/** The Node build's peer with `-autotls -relay`. */
export interface AutoTlsPeer {
  relay: NodeRelay
  /** Its lines on standard error. */
  lines: string[]
  /** The addresses at which it says it can be dialled as a circuit relay. */
  relays: () => Promise<string[]>
  /** The line that reports the certificate; undefined until then. */
  certificate: () => string | undefined
}

/** A port of loopback that is free at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/**
 * Starts the peer, which asks this ACME server for a certificate, stores that in `directory`, and doesn't
 * keep its key.
 */
export async function startAutoTlsPeer(init: {
  acme: AcmeServer
  directory: string
  port: number
  key?: string
  announce?: string[]
}): Promise<AutoTlsPeer> {
  const { acme, directory, port, key, announce = [] } = init
  const lines: string[] = []
  const relay = await createNodeRelay({
    listen: [`/ip4/127.0.0.1/tcp/${port}/ws`],
    announce,
    peers: [],
    noPeers: true,
    circuitRelay: true,
    autoTls: {
      directory: join(directory, 'autotls'),
      acmeDirectory: acme.directoryUrl,
      forgeEndpoint: acme.forgeUrl,
      forgeDomain: FORGE_DOMAIN,
      provisionDelay: 100,
    },
    version: 'test',
    ...(key === undefined ? {} : { key }),
    keyStore: { load: async () => undefined, save: async (saved) => saved },
    warn: (line) => lines.push(line),
  })
  await relay.start()
  return {
    relay,
    lines,
    relays: async () => ((await relay.network()) as NetworkConfig).relays,
    certificate: () => lines.find((line) => line.includes('there is a certificate for')),
  }
}

/** Makes a TLS connection to the peer at this port under `name`, trusting the authority, and closes it. */
export async function greetTls(
  port: number,
  name: string,
  authority: string,
): Promise<Pick<TLSSocket, 'authorized'> & { publicKey: Buffer }> {
  const socket = connect({ host: '127.0.0.1', port, servername: name, ca: authority })
  await once(socket, 'secureConnect')
  const { authorized } = socket
  const publicKey = socket.getPeerX509Certificate()?.publicKey.export({ type: 'spki', format: 'der' })
  socket.destroy()
  if (publicKey === undefined) throw new Error('it has shown no certificate')
  return { authorized, publicKey }
}
