import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { until } from '../support/until.ts'
import type { BundledCommand, CommandProcess } from './support/command-process.ts'
import { bundleCommand, startCommand } from './support/command-process.ts'
import { get } from './support/raw.ts'

/** Starts the peer immediately, in local mode. */
const LOCAL = [
  '-port=0',
  '-start',
  '-nopeers',
  '-listen=/ip4/127.0.0.1/tcp/0',
  '-listen=/ip4/127.0.0.1/tcp/0/ws',
]

let command: BundledCommand
const started: { process: CommandProcess; home: string }[] = []

beforeAll(async () => {
  command = await bundleCommand('src/node/main.ts')
})

afterAll(async () => {
  await command.remove()
})

afterEach(async () => {
  for (const { process, home } of started.splice(0)) {
    process.child.kill('SIGKILL')
    await process.ended
    await rm(home, { recursive: true, force: true })
  }
})

/** A process of the command with an identity of its own. */
async function start(...flags: string[]) {
  const home = await mkdtemp(join(tmpdir(), 'relay-command-'))
  const process = startCommand(command.path, [...LOCAL, ...flags], { HOME: home })
  started.push({ process, home })
  const port = await process.listening()
  const body = async (path: string): Promise<string> => (await get(port, path)).body
  const network = async () =>
    JSON.parse(await body('/network.json')) as { relays: string[]; bootstrap: string[] }
  return { process, body, network }
}

test("a full circuit relay refuses a peer, which gets another peer's slot when that one is killed", async () => {
  const relay = await start('-relay', '-relayreservations=1', '-metrics')
  const metric = async (name: string): Promise<number> =>
    Number(new RegExp(`^libp2p_websocket_${name} (\\d+)$`, 'm').exec(await relay.body('/metrics'))?.[1])
  const [address = ''] = (await relay.network()).relays
  const isReachable = (status: string): boolean => status.includes('/p2p-circuit')

  const first = await start('-peer', address)
  await until('the first reservation', async () => isReachable(await first.body('/status.json')))
  const second = await start('-peer', address)
  await until('the refusal', async () =>
    (await second.body('/status.json')).includes('it refused: it has no reservation left'),
  )
  expect(isReachable(await second.body('/status.json'))).toBe(false)
  expect(await metric('relay_reservations')).toBe(1)
  expect(await metric('relay_reservations_refused_total{reason="full"}')).toBeGreaterThan(0)
  expect(await metric('received_bytes_total')).toBeGreaterThan(0)
  expect(JSON.parse(await relay.body('/status.json'))).toMatchObject({
    peer: { service: { reservations: 1, maxReservations: 1, circuits: 0 } },
  })
  // Only where it was requested.
  expect(await first.body('/metrics')).toBe('not found\n')

  first.process.child.kill('SIGKILL')
  await until('the second reservation', async () => isReachable(await second.body('/status.json')), 30_000)
})

test('-announce sets the addresses that peers and pages get', async () => {
  const relay = await start(
    '-relay',
    '-announce=/dns4/relay.example/tcp/443/wss',
    '-announce=/dns4/relay.example/tcp/4001',
  )
  const { relays, bootstrap } = await relay.network()
  expect(relays).toHaveLength(1)
  expect(relays[0]).toMatch(/^\/dns4\/relay\.example\/tcp\/443\/wss\/p2p\/12D3KooW\w+$/)
  expect(bootstrap).toEqual(relays)
  const status = await relay.body('/status.json')
  expect(status).toContain('/dns4/relay.example/tcp/4001')
  expect(status).not.toContain('/ip4/127.0.0.1')
})

test('with -autotls on loopback only, it reports why there is no certificate, and serves', async () => {
  const { process, network } = await start('-relay', '-autotls')
  await until('the reason', () => process.stderr.includes('\n'))
  expect(process.stderr).toMatch(
    /^libp2p-websocket: -autotls: there is no certificate: the peer listens on this machine only.*\n$/,
  )
  expect((await network()).relays).toHaveLength(1)
})
