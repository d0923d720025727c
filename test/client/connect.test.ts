import { afterEach, describe, expect, test, vi } from 'vitest'
import { connect, relayUrl } from '../../src/client/index.ts'
import type { ScriptedRelay } from './scripted-relay.ts'
import { IDENTIFY, PEER, WebSocket, startScriptedRelay } from './scripted-relay.ts'

let relay: ScriptedRelay | undefined

afterEach(async () => {
  await relay?.close()
  relay = undefined
})

describe('connect', () => {
  test('starts a peer that does not run, with the key', async () => {
    relay = await startScriptedRelay(false)
    const connecting = connect(relay.url, { WebSocket, key: 'CAESQKfJ' })
    expect(await relay.take('start')).toEqual({ type: 'start', key: 'CAESQKfJ' })
    relay.send(IDENTIFY)
    const client = await connecting
    expect(client.peer).toBe(PEER)
    client.close()
  })

  test('does not start a peer that runs', async () => {
    relay = await startScriptedRelay(true)
    const client = await connect(relay.url, { WebSocket, key: 'CAESQKfJ' })
    expect(relay.received).toEqual([])
    client.close()
  })

  test('rejects when the relay does not take the key', async () => {
    relay = await startScriptedRelay(false)
    const connecting = connect(relay.url, { WebSocket, key: 'x' })
    await relay.take('start')
    relay.send({ type: 'error', message: 'the key is damaged' })
    await expect(connecting).rejects.toMatchObject({ code: 'ERR_PROTOCOL' })
    await expect(connecting).rejects.toThrow('the key is damaged')
  })

  test('rejects when nobody answers at the URL', async () => {
    const gone = await startScriptedRelay()
    await gone.close()
    await expect(connect(gone.url, { WebSocket })).rejects.toMatchObject({ code: 'ERR_RELAY_UNREACHABLE' })
  })

  test('rejects when the relay goes before the peer has said who it is', async () => {
    relay = await startScriptedRelay(false)
    const connecting = connect(relay.url, { WebSocket })
    await relay.take('start')
    relay.socket().close(1011, 'broken')
    await expect(connecting).rejects.toMatchObject({ code: 'ERR_RELAY_LOST' })
    await expect(connecting).rejects.toThrow('1011, broken')
  })

  test('rejects when something else than Hello comes first', async () => {
    relay = await startScriptedRelay('silent')
    const connecting = connect(relay.url, { WebSocket })
    await expect.poll(() => relay?.socket()).toBeDefined()
    relay.send(IDENTIFY)
    await expect(connecting).rejects.toMatchObject({ code: 'ERR_PROTOCOL' })
  })

  test('gives up on a relay that says nothing', async () => {
    relay = await startScriptedRelay('silent')
    await expect(connect(relay.url, { WebSocket, limits: { answerTimeoutMs: 200 } })).rejects.toMatchObject({
      code: 'ERR_TIMEOUT',
    })
  })

  test('rejects with the reason of its signal, and closes the WebSocket', async () => {
    relay = await startScriptedRelay('silent')
    const controller = new AbortController()
    const connecting = connect(relay.url, { WebSocket, signal: controller.signal })
    await expect.poll(() => relay?.socket()).toBeDefined()
    const closed = new Promise((resolve) => relay?.socket().once('close', resolve))
    controller.abort(new Error('enough'))
    await expect(connecting).rejects.toThrow('enough')
    await closed
  })

  test('with a signal that has fired already opens nothing', async () => {
    relay = await startScriptedRelay()
    const { url } = relay
    await expect(connect(url, { WebSocket, signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    })
    expect(() => relay?.socket()).toThrow('no client is connected')
  })

  test('lets the error of a URL that is none through', async () => {
    await expect(connect('what is this', { WebSocket })).rejects.toMatchObject({ name: 'SyntaxError' })
  })
})

describe('the relay of a page', () => {
  test.each([
    ['http://localhost:8888/examples/chat.html?a#b', 'ws://localhost:8888/libp2p'],
    ['https://example.org/a/', 'wss://example.org/libp2p'],
    ['blob:https://example.org/0b0b', 'wss://example.org/libp2p'],
  ])('of %s is %s', (page, relay) => {
    expect(relayUrl(page)).toBe(relay)
  })

  test.each(['file:///home/ann/chat.html', 'about:srcdoc', 'data:text/html,hello'])(
    'of %s is an error that says what to do',
    (page) => {
      expect(() => relayUrl(page)).toThrow(/comes from no site.*open the page over http or https/u)
    },
  )

  test('whose site lies below a path is beside its script', () => {
    vi.stubGlobal('libp2pWebSocket', { url: 'wss://example.org/some/path/libp2p' })
    try {
      expect(relayUrl('https://example.org/some/path/examples/chat.html')).toBe(
        'wss://example.org/some/path/libp2p',
      )
      expect(relayUrl('https://other.example/')).toBe('wss://other.example/libp2p')
    } finally {
      vi.unstubAllGlobals()
    }
  })
})
