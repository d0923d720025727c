import { afterEach, describe, expect, test } from 'vitest'
import type { ClientLimits, DialOptions } from '../../src/client/index.ts'
import { connect } from '../../src/client/index.ts'
import { SUBPROTOCOL } from '../../src/protocol/index.ts'
import type { ScriptedRelay } from './scripted-relay.ts'
import { OTHER, PEER, PROTOCOL, WebSocket, startScriptedRelay } from './scripted-relay.ts'
import { until } from '../support/until.ts'

let relay: ScriptedRelay | undefined

afterEach(async () => {
  await relay?.close()
  relay = undefined
})

describe('connect', () => {
  test('asks for the subprotocol, and again the next time', async () => {
    relay = await startScriptedRelay()
    for (let times = 0; times < 2; times++) {
      const client = await connect(relay.url, { WebSocket })
      client.close()
    }
    expect(relay.offered).toEqual([[SUBPROTOCOL], [SUBPROTOCOL]])
  })

  test("does without it where the relay doesn't know it, and doesn't ask that relay again", async () => {
    relay = await startScriptedRelay(true, { speaks: '' })
    const client = await connect(relay.url, { WebSocket })
    expect(client.peer).toBe(PEER)
    const again = await connect(relay.url, { WebSocket })
    expect(relay.offered).toEqual([[SUBPROTOCOL], [], []])
    client.close()
    again.close()
  })

  test('tries once with it and once without where nobody answers', async () => {
    const gone = await startScriptedRelay()
    await gone.close()
    let count = 0
    class Counted extends WebSocket {
      constructor(url: string | URL, protocols?: string | string[]) {
        super(url, protocols)
        count += 1
      }
    }
    const connecting = connect(gone.url, { WebSocket: Counted })
    await expect(connecting).rejects.toMatchObject({ code: 'ERR_RELAY_UNREACHABLE' })
    expect(count).toBe(2)
  })

  test('tries a relay that is known to speak it only once', async () => {
    relay = await startScriptedRelay()
    const { url } = relay
    const client = await connect(url, { WebSocket })
    client.close()
    await relay.close()
    let count = 0
    class Counted extends WebSocket {
      constructor(url: string | URL, protocols?: string | string[]) {
        super(url, protocols)
        count += 1
      }
    }
    const connecting = connect(url, { WebSocket: Counted })
    await expect(connecting).rejects.toMatchObject({ code: 'ERR_RELAY_UNREACHABLE' })
    expect(count).toBe(1)
  })

  test('learns that a relay which spoke it was replaced by one that does not', async () => {
    relay = await startScriptedRelay()
    const port = Number(new URL(relay.url).port)
    const client = await connect(relay.url, { WebSocket })
    client.close()
    await relay.close()
    relay = await startScriptedRelay(true, { speaks: '', port })
    await expect(connect(relay.url, { WebSocket })).rejects.toMatchObject({ code: 'ERR_RELAY_UNREACHABLE' })
    const again = await connect(relay.url, { WebSocket })
    expect(again.subprotocol).toBe('')
    again.close()
  })

  test('works over a class that fires no close event when it fails to open, as that of Node 22', async () => {
    class WithoutClose extends WebSocket {
      override emit(type: string | symbol, ...args: unknown[]): boolean {
        return type === 'close' && args[0] === 1006 ? false : super.emit(type, ...args)
      }
    }
    relay = await startScriptedRelay(true, { speaks: '' })
    const client = await connect(relay.url, { WebSocket: WithoutClose })
    expect(relay.offered).toEqual([[SUBPROTOCOL], []])
    client.close()
    const { url } = relay
    await relay.close()
    await expect(connect(url, { WebSocket: WithoutClose })).rejects.toMatchObject({
      code: 'ERR_RELAY_UNREACHABLE',
    })
  })

  test('offers what it is told to, and nothing else', async () => {
    relay = await startScriptedRelay()
    const client = await connect(relay.url, { WebSocket, protocols: [] })
    expect(client.subprotocol).toBe('')
    client.close()
    await expect(connect(relay.url, { WebSocket, protocols: ['other'] })).rejects.toMatchObject({
      code: 'ERR_RELAY_UNREACHABLE',
    })
    expect(relay.offered).toEqual([[], ['other']])
  })

  test('does not try again after an abort', async () => {
    relay = await startScriptedRelay('silent', { speaks: '' })
    const controller = new AbortController()
    controller.abort(new Error('enough'))
    await expect(connect(relay.url, { WebSocket, signal: controller.signal })).rejects.toThrow('enough')
    expect(relay.offered).toEqual([])
  })
})

describe('lasting: false', () => {
  test('is a flag of Listen and Connect', async () => {
    relay = await startScriptedRelay()
    const client = await connect(relay.url, { WebSocket })
    void client.listen(PROTOCOL, { lasting: false }).catch(() => undefined)
    expect(await relay.take('listen')).toEqual({
      type: 'listen',
      frames: true,
      lasting: false,
      protocol: PROTOCOL,
    })
    void client.dial(OTHER, PROTOCOL, { lasting: false }).catch(() => undefined)
    expect(await relay.take('connect')).toMatchObject({ frames: true, lasting: false })
    // It has another flag, so it waits until the first one is answered.
    void client.dial(OTHER, PROTOCOL).catch(() => undefined)
    relay.send({ type: 'peerConnectionRefused', peer: OTHER, protocol: PROTOCOL, error: 'no' })
    expect(await relay.take('connect')).not.toHaveProperty('lasting')
    client.close()
  })

  test('is not sent to a relay without the subprotocol', async () => {
    relay = await startScriptedRelay(true, { speaks: '' })
    const client = await connect(relay.url, { WebSocket })
    void client.listen(PROTOCOL, { lasting: false }).catch(() => undefined)
    void client.dial(OTHER, PROTOCOL, { lasting: false }).catch(() => undefined)
    expect(await relay.take('listen')).toEqual({ type: 'listen', frames: true, protocol: PROTOCOL })
    expect(await relay.take('connect')).not.toHaveProperty('lasting')
    client.close()
  })
})

describe('closeWrite', () => {
  const open = async (options: DialOptions = {}, speaks?: '') => {
    relay = await startScriptedRelay(true, speaks === undefined ? {} : { speaks })
    const scripted = relay
    const client = await connect(scripted.url, { WebSocket })
    const dialling = client.dial(OTHER, PROTOCOL, options)
    const asked = await scripted.take('connect')
    if (speaks === undefined) scripted.send({ type: 'linkChanged', id: 7n, state: 'direct' })
    scripted.send({ type: 'peerConnection', id: 7n, peer: OTHER, protocol: PROTOCOL })
    return { client, scripted, asked, connection: await dialling }
  }

  test('ends this side only: it sends nothing more, and still reads', async () => {
    const { client, scripted, connection } = await open()
    connection.send(Uint8Array.of(1))
    connection.closeWrite()
    connection.closeWrite()
    expect(() => connection.send(Uint8Array.of(2))).toThrow(
      expect.objectContaining({ code: 'ERR_CONNECTION_CLOSED' }),
    )
    await scripted.take('closeWrite')
    scripted.send({ type: 'data', id: 7n, data: Uint8Array.of(3) })
    scripted.send({ type: 'connectionClosed', id: 7n, reason: 'EOF' })
    const got: Uint8Array[] = []
    for await (const message of connection) got.push(message)
    expect(got).toEqual([Uint8Array.of(3)])
    expect(await connection.closed).toEqual({ reason: 'EOF', clean: true })
    expect(scripted.received.map(({ type }) => type)).toEqual(['connect', 'data', 'closeWrite'])
    client.close()
  })

  test('after the remote’s end of data is possible if the dial allows half-open connections', async () => {
    const { client, scripted, asked, connection } = await open({ allowHalfOpen: true })
    expect(asked).toMatchObject({ halfOpen: true })
    scripted.send({ type: 'data', id: 7n, data: Uint8Array.of(1) }, { type: 'remoteClosedWrite', id: 7n })
    const got: Uint8Array[] = []
    for await (const message of connection) got.push(message)
    expect(got).toEqual([Uint8Array.of(1)])
    connection.send(Uint8Array.of(2))
    connection.closeWrite()
    await scripted.take('closeWrite')
    scripted.send({ type: 'connectionClosed', id: 7n, reason: 'EOF' })
    expect(await connection.closed).toEqual({ reason: 'EOF', clean: true })
    client.close()
  })

  test('of a half-open connection that is lost is told by `closed`', async () => {
    const { client, scripted, connection } = await open({ allowHalfOpen: true })
    scripted.send({ type: 'remoteClosedWrite', id: 7n })
    for await (const message of connection) expect(message).toBeUndefined()
    scripted.send({ type: 'connectionClosed', id: 7n, reason: 'connection lost: it is gone' })
    expect(await connection.closed).toEqual({ reason: 'connection lost: it is gone', clean: false })
    expect(() => connection.closeWrite()).not.toThrow()
    client.close()
  })

  test('is refused on a relay without the subprotocol, which is not asked for half-open connections', async () => {
    const { client, asked, connection } = await open({ allowHalfOpen: true }, '')
    expect(asked).not.toHaveProperty('halfOpen')
    expect(() => connection.closeWrite()).toThrow(expect.objectContaining({ code: 'ERR_NOT_SUPPORTED' }))
    connection.send(Uint8Array.of(2))
    client.close()
  })
})

describe('the link of a connection', () => {
  test('is known when the connection opens, and each change is an event', async () => {
    relay = await startScriptedRelay()
    const client = await connect(relay.url, { WebSocket })
    const dialling = client.dial(OTHER, PROTOCOL)
    await relay.take('connect')
    relay.send(
      { type: 'linkChanged', id: 7n, state: 'relayed' },
      { type: 'peerConnection', id: 7n, peer: OTHER, protocol: PROTOCOL },
    )
    const connection = await dialling
    expect(connection.link).toBe('relayed')
    const links: unknown[] = []
    connection.addEventListener('linkchange', () => links.push(connection.link))
    for (const state of ['direct', 'direct', 'interrupted', 'relayed'] as const)
      relay.send({ type: 'linkChanged', id: 7n, state })
    await until('three events', () => links.length === 3)
    expect(links).toEqual(['direct', 'interrupted', 'relayed'])
    client.close()
  })

  test('is not taken from a message about another connection', async () => {
    relay = await startScriptedRelay()
    const client = await connect(relay.url, { WebSocket })
    const errors: string[] = []
    client.addEventListener('error', ({ error }) => errors.push(error.message))
    const dialling = client.dial(OTHER, PROTOCOL)
    await relay.take('connect')
    relay.send(
      { type: 'linkChanged', id: 8n, state: 'relayed' },
      { type: 'peerConnection', id: 7n, peer: OTHER, protocol: PROTOCOL },
      { type: 'connectionClosed', id: 7n, reason: 'EOF' },
      { type: 'linkChanged', id: 7n, state: 'direct' },
    )
    const connection = await dialling
    await connection.closed
    expect(connection.link).toBeUndefined()
    expect(errors).toEqual([])
    client.close()
  })

  test('is undefined on a relay without the subprotocol, which must not speak it either', async () => {
    relay = await startScriptedRelay(true, { speaks: '' })
    const client = await connect(relay.url, { WebSocket })
    const errors: string[] = []
    client.addEventListener('error', ({ error }) => errors.push(error.message))
    const dialling = client.dial(OTHER, PROTOCOL)
    await relay.take('connect')
    relay.send(
      { type: 'linkChanged', id: 7n, state: 'relayed' },
      { type: 'peerConnection', id: 7n, peer: OTHER, protocol: PROTOCOL },
    )
    expect((await dialling).link).toBeUndefined()
    expect(errors).toEqual([expect.stringContaining('unknown opcode 16')])
    client.close()
  })
})

describe('unread messages', () => {
  const open = async (
    limits: Partial<ClientLimits>,
    states: readonly ('direct' | undefined)[] = ['direct'],
  ) => {
    relay = await startScriptedRelay()
    const scripted = relay
    const client = await connect(scripted.url, { WebSocket, limits })
    const connections = []
    for (const [index, state] of states.entries()) {
      const id = BigInt(index)
      const dialling = client.dial(OTHER, `${PROTOCOL}/${index}`)
      await scripted.take('connect')
      if (state !== undefined) scripted.send({ type: 'linkChanged', id, state })
      scripted.send({ type: 'peerConnection', id, peer: OTHER, protocol: `${PROTOCOL}/${index}` })
      connections.push(await dialling)
    }
    return { client, scripted, connections }
  }
  const data = (id: bigint, bytes: number) => ({ type: 'data', id, data: new Uint8Array(bytes) }) as const
  const flow = ({ received }: ScriptedRelay): string[] =>
    received.flatMap((one) =>
      one.type === 'pause' || one.type === 'resume' ? [`${one.type} ${one.id}`] : [],
    )

  test('pause the connection above the limit, once, and resume it when half of them are read', async () => {
    const { client, scripted, connections } = await open({ pauseAboveBytes: 100_000 })
    for (let count = 0; count < 20; count++) scripted.send(data(0n, 10_000))
    await scripted.take('pause')
    const [connection] = connections
    const reader = connection?.[Symbol.asyncIterator]()
    let left = 20
    while (left * 10_256 > 50_000) {
      expect(flow(scripted)).toEqual(['pause 0'])
      await reader?.next()
      left -= 1
    }
    await scripted.take('resume')
    expect(flow(scripted)).toEqual(['pause 0', 'resume 0'])
    client.close()
  })

  test('of many connections together pause those that get more, and each that is read goes on', async () => {
    const { client, scripted, connections } = await open({ maxTotalUnreadBytes: 400_000 }, [
      'direct',
      'direct',
      'direct',
    ])
    scripted.send(data(0n, 150_000), data(1n, 40_000))
    scripted.send(data(2n, 40_000))
    await scripted.take('pause')
    expect(flow(scripted)).toEqual(['pause 2'])
    await connections[2]?.[Symbol.asyncIterator]().next()
    await scripted.take('resume')
    expect(flow(scripted)).toEqual(['pause 2', 'resume 2'])
    client.close()
  })

  test('of a relay that has told no link are bounded as before', async () => {
    const { client, scripted, connections } = await open({ maxUnreadBytes: 100_000 }, [undefined])
    for (let count = 0; count < 20; count++) scripted.send(data(0n, 10_000))
    await scripted.take('reset')
    expect(flow(scripted)).toEqual([])
    scripted.send({ type: 'connectionClosed', id: 0n, reason: 'closed' })
    expect((await connections[0]?.closed)?.reason).toContain('it was not read')
    client.close()
  })

  test('of a connection that this side has closed pause nothing', async () => {
    const { client, scripted, connections } = await open({ pauseAboveBytes: 100_000 })
    connections[0]?.close()
    await scripted.take('close')
    for (let count = 0; count < 20; count++) scripted.send(data(0n, 10_000))
    scripted.send({ type: 'connectionClosed', id: 0n, reason: 'closed' })
    await connections[0]?.closed
    expect(flow(scripted)).toEqual([])
    client.close()
  })
})
