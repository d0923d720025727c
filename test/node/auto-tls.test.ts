import '../support/polyfill.ts'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { multiaddrToUri } from '@multiformats/multiaddr-to-uri'
import { base36 } from 'multiformats/bases/base36'
import { afterEach, expect, test } from 'vitest'
import { formatKey } from '../../src/relay/identity.ts'
import { until } from '../support/until.ts'
import type { AcmeServer } from './support/acme-server.ts'
import { startAcmeServer } from './support/acme-server.ts'
import type { AutoTlsPeer } from './support/auto-tls-peer.ts'
import { PUBLIC_ADDRESS, freePort, greetTls, startAutoTlsPeer } from './support/auto-tls-peer.ts'
import { bundleCommand, startCommand } from './support/command-process.ts'

const privateKey = await generateKeyPair('Ed25519')
const KEY = formatKey(privateKey)
const PEER = peerIdFromPrivateKey(privateKey).toString()
const REFUSED = '-autotls: no certificate was issued, and it is requested again'
/** The peer's label in its domain. */
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

/** The Node build's peer, which is stopped after the test. */
async function start(init: Omit<Parameters<typeof startAutoTlsPeer>[0], 'key'>): Promise<AutoTlsPeer> {
  const peer = await startAutoTlsPeer({ ...init, key: KEY })
  cleanups.push(() => peer.relay.stop())
  return peer
}

async function startAcme(): Promise<AcmeServer> {
  const acme = await startAcmeServer()
  cleanups.push(() => acme.close())
  return acme
}

test('a peer with a public address gets a certificate, even after a refusal, and clients that trust it can dial it over wss', async () => {
  const [acme, directory, port] = [await startAcme(), await newDirectory(), await freePort()]
  const announce = [`/ip4/${PUBLIC_ADDRESS}/tcp/${port}/ws`]
  acme.refusal = 'too many certificates for this name'
  const first = await start({ acme, directory, port, announce })
  expect(await first.relays()).toEqual([`${announce[0]}/p2p/${PEER}`])

  await until('the reason', () => first.lines.length > 0)
  acme.refusal = undefined
  const line = await until('the certificate', first.certificate)
  // The refusal is logged once, however often it came.
  expect(first.lines).toEqual([`${REFUSED}: too many certificates for this name`, line])
  const name = `233-252-0-1.${PEER_NAME}.forge.test`
  expect(line).toContain(`-autotls: there is a certificate for *.${PEER_NAME}.forge.test, valid until 20`)
  expect(acme.asked).toEqual([{ peer: PEER, addresses: [`${announce[0]}/p2p/${PEER}`] }])
  const secure = await until('the wss address', async () =>
    (await first.relays()).find((address) => address.includes('/tls/')),
  )
  expect(multiaddrToUri(multiaddr(secure))).toBe(`wss://${name}:${port}`)
  expect(await first.relays()).toHaveLength(2)
  expect((await greetTls(port, name, acme.authority)).authorized).toBe(true)

  const authority = join(directory, 'authority.pem')
  await writeFile(authority, acme.authority)
  const dialer = await bundleCommand('test/node/support/wss-dialer.ts')
  cleanups.push(() => dialer.remove())
  const address = `/ip4/127.0.0.1/tcp/${port}/tls/ws/p2p/${PEER}`
  const trusting = startCommand(dialer.path, [address], { NODE_EXTRA_CA_CERTS: authority })
  expect({ code: await trusting.ended, stdout: trusting.stdout }).toEqual({ code: 0, stdout: 'pong\n' })
  const strange = startCommand(dialer.path, [address], {})
  expect(await strange.ended).toBe(1)

  // Keys and certificate are stored where no other user can read them.
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
  await until('the stored certificate', second.certificate)
  expect((await greetTls(port, name, acme.authority)).authorized).toBe(true)
  expect(acme.given).toBe(1)
})

test('a peer on loopback only reports that it gets no certificate, and works otherwise', async () => {
  const [acme, directory, port] = [await startAcme(), await newDirectory(), await freePort()]
  const { lines, relays } = await start({ acme, directory, port })
  expect(lines).toEqual([
    '-autotls: there is no certificate: the peer listens on this machine only, and certificates are issued only for addresses that others can dial',
  ])
  expect(await relays()).toEqual([`/ip4/127.0.0.1/tcp/${port}/ws/p2p/${PEER}`])
  expect(acme.asked).toEqual([])
})
