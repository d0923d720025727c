import { readFileSync } from 'node:fs'
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
  test('starts a stopped peer with the key', async () => {
    relay = await startScriptedRelay(false)
    const connecting = connect(relay.url, { WebSocket, key: 'CAESQKfJ' })
    expect(await relay.take('start')).toEqual({ type: 'start', key: 'CAESQKfJ' })
    relay.send(IDENTIFY)
    const client = await connecting
    expect(client.peer).toBe(PEER)
    client.close()
  })

  test('does not start a running peer', async () => {
    relay = await startScriptedRelay(true)
    const client = await connect(relay.url, { WebSocket, key: 'CAESQKfJ' })
    expect(relay.received).toEqual([])
    client.close()
  })

  test('rejects when the relay rejects the key', async () => {
    relay = await startScriptedRelay(false)
    const connecting = connect(relay.url, { WebSocket, key: 'x' })
    await relay.take('start')
    relay.send({ type: 'error', message: 'the key is damaged' })
    await expect(connecting).rejects.toMatchObject({ code: 'ERR_PROTOCOL' })
    await expect(connecting).rejects.toThrow('the key is damaged')
  })

  test('warns once in a page whose scripts were copied from another version', async () => {
    relay = await startScriptedRelay(true)
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
    try {
      const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
      for (const copied of [version, '0.0.1', '0.0.1']) {
        vi.stubGlobal('libp2pWebSocket', { version: copied, relay: 'shared-worker' })
        const client = await connect(relay.url, { WebSocket })
        client.close()
      }
      expect(warn.mock.calls).toEqual([
        [
          `libp2p-websocket: this page’s scripts are of version 0.0.1, but its client is of ${version}. Run “npx libp2p-websocket copy” again.`,
        ],
      ])
    } finally {
      vi.unstubAllGlobals()
      warn.mockRestore()
    }
  })

  test('rejects when there is no relay at the URL', async () => {
    const gone = await startScriptedRelay()
    await gone.close()
    await expect(connect(gone.url, { WebSocket })).rejects.toMatchObject({ code: 'ERR_RELAY_UNREACHABLE' })
  })

  test('rejects when the relay ends before it has identified the peer', async () => {
    relay = await startScriptedRelay(false)
    const connecting = connect(relay.url, { WebSocket })
    await relay.take('start')
    relay.socket().close(1011, 'broken')
    await expect(connecting).rejects.toMatchObject({ code: 'ERR_RELAY_LOST' })
    await expect(connecting).rejects.toThrow('1011, broken')
  })

  test('rejects when the first message is not Hello', async () => {
    relay = await startScriptedRelay('silent')
    const connecting = connect(relay.url, { WebSocket })
    await expect.poll(() => relay?.socket()).toBeDefined()
    relay.send(IDENTIFY)
    await expect(connecting).rejects.toMatchObject({ code: 'ERR_PROTOCOL' })
  })

  test('times out on a relay that sends nothing', async () => {
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

  test('opens nothing if its signal is already aborted', async () => {
    relay = await startScriptedRelay()
    const { url } = relay
    await expect(connect(url, { WebSocket, signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    })
    expect(() => relay?.socket()).toThrow('no client is connected')
  })

  test('passes on the error for an invalid URL', async () => {
    await expect(connect('what is this', { WebSocket })).rejects.toMatchObject({ name: 'SyntaxError' })
  })
})

describe('the URL of a page’s relay', () => {
  test.each([
    ['http://localhost:8888/examples/chat.html?a#b', 'ws://localhost:8888/libp2p'],
    ['https://example.org/a/', 'wss://example.org/libp2p'],
    ['blob:https://example.org/0b0b', 'wss://example.org/libp2p'],
  ])('for %s is %s', (page, relay) => {
    expect(relayUrl(page)).toBe(relay)
  })

  test.each(['file:///home/ann/chat.html', 'about:srcdoc', 'data:text/html,hello'])(
    'for %s is an error that says what to do',
    (page) => {
      expect(() => relayUrl(page)).toThrow(/No relay belongs to.*Open the page over http or https/u)
    },
  )

  test('is beside the script on a site below a path', () => {
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
