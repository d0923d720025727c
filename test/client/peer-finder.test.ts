import { afterEach, describe, expect, test } from 'vitest'
import type { Client, ClientLimits, PeerFinder } from '../../src/client/index.ts'
import { connect } from '../../src/client/index.ts'
import type { ScriptedRelay } from './scripted-relay.ts'
import { OTHER, PEER, WebSocket, startScriptedRelay } from './scripted-relay.ts'

const NAMESPACE = 'tea'

let relay: ScriptedRelay | undefined
afterEach(async () => {
  await relay?.close()
  relay = undefined
})

async function start(limits: Partial<ClientLimits> = {}): Promise<{ relay: ScriptedRelay; client: Client }> {
  relay = await startScriptedRelay()
  return { relay, client: await connect(relay.url, { WebSocket, limits }) }
}

function tell(to: ScriptedRelay, peer: string, addresses: string[] = [], namespace = NAMESPACE): void {
  to.send({ type: 'peerFound', namespace, peer, addresses })
}

/** The next peers of a finder. */
async function take(finder: PeerFinder, count: number): Promise<string[]> {
  const peers: string[] = []
  for await (const { peer } of finder) if (peers.push(peer) === count) break
  return peers
}

/** Resolves when the client has handled everything that the relay has sent. */
async function settle({ relay, client }: { relay: ScriptedRelay; client: Client }): Promise<void> {
  const listening = client.listen('/x/settle')
  await relay.take('listen')
  relay.send({ type: 'listening', protocol: '/x/settle' })
  await listening
}

describe('findPeers', () => {
  test('asks the relay, and yields what it finds until it is closed', async () => {
    const { relay, client } = await start()
    const finder = client.findPeers(NAMESPACE)
    expect(await relay.take('findPeers')).toEqual({ type: 'findPeers', namespace: NAMESPACE })
    tell(relay, OTHER, ['/ip4/127.0.0.1/tcp/1'])
    tell(relay, PEER, [], 'another')
    for await (const found of finder) {
      expect(found).toEqual({ peer: OTHER, addresses: ['/ip4/127.0.0.1/tcp/1'] })
      break
    }
    const waiting = finder[Symbol.asyncIterator]().next()
    finder.close()
    expect(await waiting).toEqual({ done: true, value: undefined })
    expect(await relay.take('stopFinding')).toEqual({ type: 'stopFinding', namespace: NAMESPACE })
    tell(relay, OTHER)
    expect(await take(finder, 1)).toEqual([])
    client.findPeers(NAMESPACE)
    await relay.take('findPeers')
  })

  test('ends when its signal is aborted, and throws for one that is aborted already', async () => {
    const { relay, client } = await start()
    const controller = new AbortController()
    const finder = client.findPeers(NAMESPACE, { signal: controller.signal })
    controller.abort(new Error('enough'))
    expect(await take(finder, 1)).toEqual([])
    await relay.take('stopFinding')
    expect(() => client.findPeers(NAMESPACE, { signal: controller.signal })).toThrow('enough')
  })

  test('keeps the newest addresses of a peer that waits, and drops the oldest peer if too many do', async () => {
    const { relay, client } = await start({ maxFoundPeers: 2 })
    const finder = client.findPeers(NAMESPACE)
    for (const peer of ['one', 'two', 'one', 'three']) tell(relay, peer)
    await settle({ relay, client })
    expect(await take(finder, 2)).toEqual(['one', 'three'])
  })

  test('throws if the relay is lost, after what was found', async () => {
    const { relay, client } = await start()
    const finder = client.findPeers(NAMESPACE)
    tell(relay, OTHER)
    await settle({ relay, client })
    const other = client.findPeers('another')[Symbol.asyncIterator]().next()
    const lost = expect(other).rejects.toMatchObject({ code: 'ERR_RELAY_LOST' })
    relay.socket().terminate()
    await lost
    expect(await take(finder, 1)).toEqual([OTHER])
    await expect(take(finder, 1)).rejects.toMatchObject({ code: 'ERR_RELAY_LOST' })
  })

  test('refuses invalid namespaces, one twice, and too many', async () => {
    const { client } = await start()
    const invalid = expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' })
    for (const namespace of ['', 'a'.repeat(256), 'ä'.repeat(128)])
      expect(() => client.findPeers(namespace)).toThrow(invalid)
    for (let number = 0; number < 32; number++) client.findPeers(String(number))
    expect(() => client.findPeers('31')).toThrow(invalid)
    expect(() => client.findPeers('32')).toThrow(invalid)
  })

  test('needs a relay that knows the subprotocol', async () => {
    relay = await startScriptedRelay(true, { speaks: '' })
    const client = await connect(relay.url, { WebSocket })
    expect(() => client.findPeers(NAMESPACE)).toThrow(expect.objectContaining({ code: 'ERR_NOT_SUPPORTED' }))
  })
})
