import '../support/polyfill.ts'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { multiaddrToUri } from '@multiformats/multiaddr-to-uri'
import { base36 } from 'multiformats/bases/base36'
import { afterEach, expect, test } from 'vitest'
import { createNodeRelay } from '../../src/node/peer.ts'
import { formatKey } from '../../src/relay/identity.ts'
import type { NetworkConfig } from '../../src/relay/index.ts'
import { until } from '../support/until.ts'
import type { AcmeServer } from './support/acme-server.ts'
import { startAcmeServer } from './support/acme-server.ts'
import { bundleCommand, startCommand } from './support/command-process.ts'

/** For documentation (RFC 5771), so that nobody is there; to libp2p it is as public as any. */
const PUBLIC_ADDRESS = '233.252.0.1'

const privateKey = await generateKeyPair('Ed25519')
const KEY = formatKey(privateKey)
const PEER = peerIdFromPrivateKey(privateKey).toString()
const REFUSED = '-autotls: the certificate was not given, and is asked for again'
/** As the peer is called in its domain. */
const PEER_NAME = base36.encode(peerIdFromPrivateKey(privateKey).toCID().bytes)

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function newDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'autotls-'))
  cleanups.push(() => rm(directory, { recursive: true, force: true }))
  return directory
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** The Node build's peer, which asks this ACME server for its certificate, and forgets its key. */
async function start(init: { acme: AcmeServer; directory: string; port: number; announce?: string[] }) {
  const { acme, directory, port, announce = [] } = init
  const lines: string[] = []
  const relay = await createNodeRelay({
    listen: [`/ip4/127.0.0.1/tcp/${port}/ws`],
    announce,
    peers: [],
    noPeers: true,
    relay: true,
    autoTls: {
      directory: join(directory, 'autotls'),
      acmeDirectory: acme.directoryUrl,
      forgeEndpoint: acme.forgeUrl,
      forgeDomain: 'forge.test',
      provisionDelay: 100,
    },
    version: 'test',
    key: KEY,
    keyStore: { load: async () => undefined, save: async (key) => key },
    warn: (line) => lines.push(line),
  })
  cleanups.push(() => relay.stop())
  await relay.start()
  const relays = async (): Promise<string[]> => ((await relay.network()) as NetworkConfig).relays
  const certificate = (): string | undefined =>
    lines.find((line) => line.includes('there is a certificate for'))
  return { relay, lines, relays, certificate }
}

async function startAcme(): Promise<AcmeServer> {
  const acme = await startAcmeServer()
  cleanups.push(() => acme.close())
  return acme
}

/** Whether somebody who trusts the authority takes the server at this port for `name`. */
async function speaksTls(port: number, name: string, authority: string): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port, servername: name, ca: authority })
  await once(socket, 'secureConnect')
  const { authorized } = socket
  socket.destroy()
  return authorized
}

test('a peer with a public address gets a certificate, if not at once, and is dialled over wss by those who trust it', async () => {
  const [acme, directory, port] = [await startAcme(), await newDirectory(), await freePort()]
  const announce = [`/ip4/${PUBLIC_ADDRESS}/tcp/${port}/ws`]
  acme.refusal = 'too many certificates for this name'
  const first = await start({ acme, directory, port, announce })
  expect(await first.relays()).toEqual([`${announce[0]}/p2p/${PEER}`])

  await until('the reason', () => first.lines.length > 0)
  acme.refusal = undefined
  const line = await until('the certificate', first.certificate)
  // The refusal is quoted once, however often it came.
  expect(first.lines).toEqual([`${REFUSED}: too many certificates for this name`, line])
  const name = `233-252-0-1.${PEER_NAME}.forge.test`
  expect(line).toContain(`-autotls: there is a certificate for *.${PEER_NAME}.forge.test, until 20`)
  expect(acme.asked).toEqual([{ peer: PEER, addresses: [`${announce[0]}/p2p/${PEER}`] }])
  const secure = await until('the wss address', async () =>
    (await first.relays()).find((address) => address.includes('/tls/')),
  )
  expect(multiaddrToUri(multiaddr(secure))).toBe(`wss://${name}:${port}`)
  expect(await first.relays()).toHaveLength(2)
  expect(await speaksTls(port, name, acme.authority)).toBe(true)

  const authority = join(directory, 'authority.pem')
  await writeFile(authority, acme.authority)
  const dialer = await bundleCommand('test/node/support/wss-dialer.ts')
  cleanups.push(() => dialer.remove())
  const address = `/ip4/127.0.0.1/tcp/${port}/tls/ws/p2p/${PEER}`
  const trusting = startCommand(dialer.path, [address], { NODE_EXTRA_CA_CERTS: authority })
  expect({ code: await trusting.ended, stdout: trusting.stdout }).toEqual({ code: 0, stdout: 'pong\n' })
  const strange = startCommand(dialer.path, [address], {})
  expect(await strange.ended).toBe(1)

  // Keys and certificate are kept, where nobody else reads them.
  await first.relay.stop()
  expect(((await stat(join(directory, 'autotls'))).mode & 0o777).toString(8)).toBe('700')
  const files = await readdir(join(directory, 'autotls'), { recursive: true, withFileTypes: true })
  const modes = await Promise.all(
    files
      .filter((file) => file.isFile())
      .map(async (file) => (await stat(join(file.parentPath, file.name))).mode & 0o777),
  )
  expect(modes.length).toBeGreaterThan(2)
  expect(new Set(modes)).toEqual(new Set([0o600]))
  const second = await start({ acme, directory, port, announce })
  await until('the certificate that was kept', second.certificate)
  expect(await speaksTls(port, name, acme.authority)).toBe(true)
  expect(acme.given).toBe(1)
})

test('a peer that is on this machine only says that it gets no certificate, and does all else', async () => {
  const [acme, directory, port] = [await startAcme(), await newDirectory(), await freePort()]
  const { lines, relays } = await start({ acme, directory, port })
  expect(lines).toEqual([
    '-autotls: there is no certificate: the peer listens on this machine only, and one is given for addresses that others can dial',
  ])
  expect(await relays()).toEqual([`/ip4/127.0.0.1/tcp/${port}/ws/p2p/${PEER}`])
  expect(acme.asked).toEqual([])
})
