import {
  createBorrowedRtc,
  DEFAULT_MAX_CALLS,
  lendWebRTC,
  NO_LENDER,
  TAB_CLOSED,
} from '../../../src/rtc/index.ts'
import { until } from '../../support/until.ts'
import { able, borrow, CHANNEL_INIT, CONFIGURATION, PUMP, Raw, rawChannel } from './raw-lender.ts'
import { Bench, equal, errorName, messages, negotiate, next, thrownName, truthy } from './suite/support.ts'

/** The message of the error with which `run` rejects. */
async function rejectionOf(run: () => Promise<unknown>): Promise<string> {
  try {
    await run()
  } catch (error) {
    return (error as Error).message
  }
  return 'no error'
}

/** Values that no borrower and no lender posts. */
const GARBAGE: readonly unknown[] = [
  null,
  undefined,
  0,
  'create',
  [],
  {},
  { type: 5 },
  { type: 'bogus' },
  { type: 'toString' },
  { type: '__proto__' },
  { type: 'create' },
  { type: 'create', pc: -1, configuration: CONFIGURATION },
  { type: 'create', pc: 1.5, configuration: CONFIGURATION },
  { type: 'create', pc: 0, configuration: { ...CONFIGURATION, iceServers: [{ urls: 5 }] } },
  { type: 'create', pc: 0, configuration: { ...CONFIGURATION, bundlePolicy: 'bogus' } },
  { type: 'call', pc: 7, call: 0, operation: { type: 'createAnswer' } },
  { type: 'call', pc: 7, call: 0, operation: { type: 'hasOwnProperty' } },
  { type: 'channel', pc: 7, label: 'x', init: CHANNEL_INIT },
  { type: 'close', pc: 7 },
  { type: 'uncertify', certificate: 3 },
  { type: 'created', pc: 0 },
  { type: 'refused', pc: 0, error: 'no' },
  { type: 'result', pc: 0, call: 0, outcome: { ok: true } },
  { type: 'event', pc: 0, event: { type: 'datachannel' }, state: {} },
  { type: 'certified', certificate: 0, facts: { expires: 1, fingerprints: [] } },
  { type: 'data', parts: 5 },
  { type: 'data', parts: [5] },
  { type: 'data', parts: [new Uint8Array(3)] },
  { type: 'taken', cost: -1 },
  { type: 'taken', cost: 1e9 },
  { type: 'gone', bytes: 1e9 },
  { type: 'open', id: 'x' },
]

export const faultCases: Record<string, () => Promise<void>> = {
  'without a tab the constructor and generateCertificate throw NotSupportedError': async () => {
    const borrowed = createBorrowedRtc()
    equal(borrowed.lenderCount, 0, 'lenderCount')
    equal(
      thrownName(() => new borrowed.RTCPeerConnection()),
      'NotSupportedError',
      'constructor',
    )
    equal(
      await rejectionOf(async () => borrowed.RTCPeerConnection.generateCertificate({ name: 'ECDSA' })),
      NO_LENDER,
      'generateCertificate',
    )
  },

  'install defines the classes as globals, and a channel is an instance of one': async () => {
    const { borrowed } = await borrow()
    const place: Partial<typeof globalThis> = {}
    borrowed.install(place)
    truthy(place.RTCPeerConnection === borrowed.RTCPeerConnection, 'RTCPeerConnection')
    const { RTCDataChannel: Channel, RTCPeerConnection: Connection } = place
    if (Channel === undefined || Connection === undefined) throw new Error('not defined')
    equal(
      thrownName(() => new Channel()),
      'TypeError',
      'Illegal constructor',
    )
    const pc = new Connection()
    truthy(pc.createDataChannel('x') instanceof Channel, 'instanceof')
    pc.close()
  },

  'a browser without WebRTC lends nothing and says so': async () => {
    const { port1, port2 } = new MessageChannel()
    const raw = new Raw(port1)
    lendWebRTC(port2, { pump: PUMP, RTCPeerConnection: undefined })
    truthy(typeof (await raw.waitFor('unable'))['reason'] === 'string', 'a reason')
  },

  'removing a tab closes its connections and channels, and rejects pending operations, with its reason':
    async () => {
      const { borrowed, remove } = await borrow()
      const bench = new Bench(borrowed, borrowed)
      const { one, near } = await bench.open()
      const told: string[] = []
      for (const type of ['signalingstatechange', 'iceconnectionstatechange', 'connectionstatechange']) {
        one.addEventListener(type, () => told.push(type))
      }
      near.addEventListener('error', ({ error }) => told.push(`${error.name}: ${error.message}`))
      const closed = next(near, 'close')
      const changed = next(one, 'connectionstatechange')
      const pending = rejectionOf(async () => one.createOffer())
      remove()
      remove()
      equal([one.connectionState, one.signalingState], ['closed', 'closed'], 'at once')
      near.addEventListener('error', () => {
        told.push(
          near.readyState,
          thrownName(() => near.send('x')),
        )
      })
      equal(await pending, TAB_CLOSED, 'the pending operation')
      await Promise.all([closed, changed])
      equal(near.readyState, 'closed', 'the channel')
      equal(
        told.slice(0, 3),
        [`OperationError: ${TAB_CLOSED}`, 'closing', 'InvalidStateError'],
        'the error event',
      )
      equal(told.filter((line) => line === 'connectionstatechange').length, 1, 'connectionstatechange')
      equal(await rejectionOf(async () => one.createOffer()), TAB_CLOSED, 'later operations')
      equal([borrowed.lenderCount, borrowed.ignored], [0, 0], 'nothing is left')
    },

  'a tab that stops lending ends its connections in the same way': async () => {
    const { borrowed, lent } = await borrow()
    const bench = new Bench(borrowed, borrowed)
    const { one, near } = await bench.open()
    const failed = next<RTCErrorEvent>(near, 'error')
    const changed = next(one, 'connectionstatechange')
    lent.stop()
    lent.stop()
    equal((await failed).error.message, TAB_CLOSED, 'the message')
    await changed
    equal([one.connectionState, borrowed.lenderCount, lent.connectionCount], ['closed', 0, 0], 'closed')
  },

  'removing one tab keeps the connections of another': async () => {
    const { borrowed, remove } = await borrow()
    const second = new MessageChannel()
    borrowed.addLender(second.port1)
    lendWebRTC(second.port2, { pump: PUMP })
    await able(borrowed, 2)
    // Among tabs of the same age, a new connection goes to the one that carries least: first one, then the
    // other, and so on.
    const bench = new Bench(borrowed, globalThis)
    const first = await bench.open()
    const other = await bench.open()
    const closed = next(first.near, 'close')
    remove()
    await closed
    equal([first.one.connectionState, other.one.connectionState], ['closed', 'connected'], 'states')
    const got = next<MessageEvent>(other.far, 'message')
    other.near.send('alive')
    equal((await got).data, 'alive', 'data')
    bench.close()
  },

  'a connection that its tab has not made yet goes to another tab when the first is removed': async () => {
    const borrowed = createBorrowedRtc()
    const silent = new MessageChannel()
    const lender = borrowed.addLender(silent.port1)
    silent.port2.postMessage({ type: 'lend', version: 1 })
    await able(borrowed, 1)
    const bench = new Bench(borrowed, globalThis)
    const [one, two] = bench.pair()
    const channel = one.createDataChannel('x')
    const opened = next(channel, 'open')
    const negotiated = negotiate(one, two)
    const real = new MessageChannel()
    borrowed.addLender(real.port1)
    lendWebRTC(real.port2, { pump: PUMP })
    await able(borrowed, 2)
    lender.remove()
    await negotiated
    await opened
    bench.close()
  },

  'a tab that can make no more connections is skipped': async () => {
    let asked = 0
    const Spent = new Proxy(RTCPeerConnection, {
      construct() {
        asked += 1
        throw new DOMException('Cannot create so many PeerConnections', 'UnknownError')
      },
    })
    const { borrowed } = await borrow({ RTCPeerConnection: Spent })
    const alone = new borrowed.RTCPeerConnection()
    equal(await errorName(async () => alone.createOffer()), 'UnknownError', 'no other tab')
    equal(alone.connectionState, 'closed', 'no other tab')
    equal(
      thrownName(() => new borrowed.RTCPeerConnection()),
      'NotSupportedError',
      'while it is exhausted',
    )
    const real = new MessageChannel()
    borrowed.addLender(real.port1)
    lendWebRTC(real.port2, { pump: PUMP })
    await able(borrowed, 2)
    const bench = new Bench(borrowed, borrowed)
    await bench.open()
    bench.close()
    equal(asked, 1, 'connections requested from the exhausted tab')
  },

  'a tab that may not make connections lends nothing, and its connection goes to another tab': async () => {
    const Forbidden = new Proxy(RTCPeerConnection, {
      construct() {
        throw new DOMException('Peer connections are blocked', 'NotAllowedError')
      },
    })
    const { borrowed } = await borrow({ RTCPeerConnection: Forbidden })
    const real = new MessageChannel()
    borrowed.addLender(real.port1)
    lendWebRTC(real.port2, { pump: PUMP })
    await able(borrowed, 2)
    // Of two tabs without connections, the first is asked.
    const asked = new borrowed.RTCPeerConnection({ iceServers: [] })
    equal((await asked.createOffer()).type, 'offer', 'made by the other tab')
    equal(borrowed.lenderCount, 1, 'tabs that are able')
    asked.close()
    const alone = await borrow({ RTCPeerConnection: Forbidden })
    const refused = new alone.borrowed.RTCPeerConnection()
    equal(await errorName(async () => refused.createOffer()), 'NotAllowedError', 'no other tab')
    equal(alone.borrowed.lenderCount, 0, 'it no longer counts')
  },

  'a tab carries at most its maximum number of connections': async () => {
    const { borrowed, lent } = await borrow({ maxConnections: 2 })
    const made = [1, 2, 3].map(() => new borrowed.RTCPeerConnection({ iceServers: [] }))
    const names = await Promise.all(made.map(async (pc) => errorName(async () => pc.createOffer())))
    equal(names, ['no error', 'no error', 'UnknownError'], 'createOffer')
    equal(lent.connectionCount, 2, 'connections')
    for (const pc of made) pc.close()
  },

  "a configuration that only the tab rejects closes the connection with the tab's error": async () => {
    const Refusing = new Proxy(RTCPeerConnection, {
      construct() {
        throw new DOMException('no such server', 'SyntaxError')
      },
    })
    const { borrowed } = await borrow({ RTCPeerConnection: Refusing })
    const pc = new borrowed.RTCPeerConnection({ iceTransportPolicy: 'relay' })
    const changed = next(pc, 'connectionstatechange')
    equal(await errorName(async () => pc.createOffer()), 'SyntaxError', 'createOffer')
    await changed
    equal(
      [pc.connectionState, pc.getConfiguration().iceTransportPolicy],
      ['closed', 'all'],
      'what is reported',
    )
  },

  'after a tab rejected a stricter configuration, no candidates are gathered under the old one, which is still reported':
    async () => {
      const gathered: unknown[] = []
      class Refusing extends RTCPeerConnection {
        constructor(configuration?: RTCConfiguration) {
          super(configuration)
          this.addEventListener('icecandidate', ({ candidate }) => gathered.push(candidate?.candidate))
        }

        override setConfiguration(): void {
          throw new DOMException('no such server', 'SyntaxError')
        }
      }
      const { borrowed, lent } = await borrow({ RTCPeerConnection: Refusing })
      for (const made of [true, false]) {
        const pc = new borrowed.RTCPeerConnection({ iceServers: [] })
        if (made) await pc.getStats()
        pc.createDataChannel('x')
        const changed = next(pc, 'connectionstatechange')
        pc.setConfiguration({ iceServers: [], iceTransportPolicy: 'relay' })
        const described = errorName(async () => pc.setLocalDescription())
        equal(await described, 'SyntaxError', 'the next operation')
        await changed
        equal(
          [pc.connectionState, pc.getConfiguration().iceTransportPolicy, gathered.length],
          ['closed', 'all', 0],
          'what is reported',
        )
      }
      await until('the tab to close it', () => lent.connectionCount === 0)
    },

  'at most a fixed number of configurations and restarts wait for a tab': async () => {
    const { borrowed } = await borrow()
    const pc = new borrowed.RTCPeerConnection({ iceServers: [] })
    for (let asked = 0; asked < DEFAULT_MAX_CALLS; asked += 2) {
      pc.setConfiguration({ iceTransportPolicy: 'relay' })
      pc.restartIce()
    }
    equal(
      thrownName(() => pc.setConfiguration({})),
      'OperationError',
      'setConfiguration',
    )
    equal(pc.getConfiguration().iceTransportPolicy, 'relay', 'what is reported')
    equal(
      thrownName(() => pc.restartIce()),
      'OperationError',
      'restartIce',
    )
    pc.close()
  },

  'a used ID is an OperationError, thrown if it is known here and fired on the channel if only the tab knew':
    async () => {
      const { borrowed } = await borrow()
      const bench = new Bench(borrowed, globalThis)
      const { one, near } = await bench.open()
      const given = one.createDataChannel('given')
      // The next number on this side, which the tab gives to the channel before.
      const id = (near.id ?? 0) + 2
      const late = one.createDataChannel('late', { negotiated: true, id })
      const failed = next<RTCErrorEvent>(late, 'error')
      const closed = next(late, 'close')
      const opened = next(given, 'open')
      equal((await failed).error.name, 'OperationError', 'the error event')
      await closed
      await opened
      equal([late.readyState, given.readyState, given.id], ['closed', 'open', id], 'both channels')
      equal(
        thrownName(() => one.createDataChannel('x', { negotiated: true, id })),
        'OperationError',
        'thrown',
      )
      bench.close()
    },

  'a channel of a connected connection has its ID once the tab has answered': async () => {
    const { borrowed } = await borrow()
    const bench = new Bench(borrowed, globalThis)
    const { one, near } = await bench.open()
    const ids: unknown[] = []
    for (let made = 0; made < 20; made += 1) {
      const channel = one.createDataChannel('x')
      await one.getStats()
      ids.push(channel.id)
    }
    equal(
      ids,
      ids.map((_, index) => (near.id ?? 0) + 2 * (index + 1)),
      'the IDs',
    )
    bench.close()
  },

  'a Blob keeps its position in the order': async () => {
    const { borrowed } = await borrow()
    const bench = new Bench(borrowed, globalThis)
    const { near, far } = await bench.open()
    const got = messages(far, 3)
    near.send('before')
    near.send(new Blob(['in between']))
    near.send('after')
    near.close()
    const [one, two, three] = await got
    equal(
      [one, new TextDecoder().decode(two as ArrayBuffer), three],
      ['before', 'in between', 'after'],
      'order',
    )
    bench.close()
  },

  'media is refused with NotSupportedError': async () => {
    const { borrowed } = await borrow()
    const pc = new borrowed.RTCPeerConnection()
    equal(
      thrownName(() => pc.addTransceiver('audio')),
      'NotSupportedError',
      'addTransceiver',
    )
    equal(
      await errorName(async () => pc.createOffer({ offerToReceiveAudio: true })),
      'NotSupportedError',
      'offerToReceiveAudio',
    )
    pc.close()
  },

  'a certificate works only in its own tab': async () => {
    const { borrowed, remove } = await borrow()
    const certificate = await borrowed.RTCPeerConnection.generateCertificate({
      name: 'ECDSA',
      namedCurve: 'P-256',
    } as AlgorithmIdentifier)
    const second = new MessageChannel()
    borrowed.addLender(second.port1)
    lendWebRTC(second.port2, { pump: PUMP })
    await able(borrowed, 2)
    remove()
    equal(
      thrownName(() => new borrowed.RTCPeerConnection({ certificates: [certificate] })),
      'NotSupportedError',
      'its tab has gone',
    )
    new borrowed.RTCPeerConnection().close()
  },

  'anything posted to a lending tab is ignored and counted, and lending continues': async () => {
    const { port1, port2 } = new MessageChannel()
    const lent = lendWebRTC(port2, { pump: PUMP })
    const raw = new Raw(port1)
    for (const message of GARBAGE) port1.postMessage(message)
    port1.postMessage({ type: 'create', pc: 0, configuration: CONFIGURATION })
    await raw.waitFor('created')
    equal(lent.ignored, GARBAGE.length, 'ignored')
    // Well-formed, but at the wrong time: a number used twice, and everything after the end.
    port1.postMessage({ type: 'create', pc: 0, configuration: CONFIGURATION })
    port1.postMessage({ type: 'close', pc: 0 })
    port1.postMessage({ type: 'close', pc: 0 })
    port1.postMessage({ type: 'call', pc: 0, call: 0, operation: { type: 'createOffer', iceRestart: false } })
    port1.postMessage({ type: 'create', pc: 0, configuration: CONFIGURATION })
    port1.postMessage({ type: 'create', pc: 1, configuration: CONFIGURATION })
    await raw.wait('the second connection', (message) => message['type'] === 'created' && message['pc'] === 1)
    equal([lent.ignored, lent.connectionCount], [GARBAGE.length + 4, 1], 'ignored and connections')
    lent.stop()
  },

  'anything posted by a tab is ignored and counted, and other tabs are not disturbed': async () => {
    const { borrowed } = await borrow()
    const bench = new Bench(borrowed, borrowed)
    const { near, far } = await bench.open()
    const bad = new MessageChannel()
    borrowed.addLender(bad.port1)
    for (const message of GARBAGE) bad.port2.postMessage(message)
    bad.port2.postMessage({ type: 'lend', version: 1 })
    bad.port2.postMessage({ type: 'lend', version: 1 })
    const stranger = new MessageChannel()
    borrowed.addLender(stranger.port1)
    stranger.port2.postMessage({ type: 'lend', version: 99 })
    stranger.port2.postMessage({ type: 'lend', version: 1 })
    // Ignored are all of GARBAGE, repeated messages, and everything from a tab with an unknown version.
    await until('all messages to be counted', () => borrowed.ignored === GARBAGE.length + 3)
    equal(borrowed.lenderCount, 2, 'tabs that are able')
    const got = next<MessageEvent>(far, 'message')
    near.send('alive')
    equal((await got).data, 'alive', 'data')
    bench.close()
  },

  'anything posted to a pump is ignored, and its channel continues': async () => {
    for (const pump of [PUMP, '/there-is-no-such-script.js']) {
      const { port1, port2 } = new MessageChannel()
      const lent = lendWebRTC(port2, { pump })
      const { raw, channel, native, nativePc } = await rawChannel(port1)
      // A pump's `close` has no members, so one with a number is accepted.
      const garbage = GARBAGE.filter((message) => (message as { type?: unknown } | null)?.type !== 'close')
      for (const message of garbage) channel.port.postMessage(message)
      const got = next<MessageEvent>(native, 'message')
      channel.port.postMessage({ type: 'data', parts: ['hello'] })
      equal((await got).data, 'hello', 'at the other end')
      native.send('back')
      const data = await channel.waitFor('data')
      equal(data['parts'], ['back'], 'at this end')
      truthy(raw.got.length > 0, 'the control port')
      lent.stop()
      nativePc.close()
    }
  },

  'a borrower that reads nothing gets one window, and at the limit the rest and an explicit error':
    async () => {
      const { port1, port2 } = new MessageChannel()
      const lent = lendWebRTC(port2, {
        pump: PUMP,
        limits: { receiveWindowBytes: 100_000, maxUndeliveredBytes: 1_000_000 },
      })
      const { channel, native, nativePc } = await rawChannel(port1)
      const closed = next(native, 'close')
      for (let count = 0; count < 100; count += 1) native.send(new Uint8Array(16_000).fill(count))
      await closed
      const received = (): number[] =>
        channel.got
          .filter(({ type }) => type === 'data')
          .flatMap(({ parts }) => (parts as ArrayBuffer[]).map((part) => new Uint8Array(part)[0] ?? -1))
      truthy(received().length <= 6, `${received().length} messages came without credit`)
      // Credit is returned for what arrived, again and again, until the end.
      let given = 0
      const credit = (): void => {
        for (const { type, parts } of channel.got.slice(given)) {
          given += 1
          const list = type === 'data' ? (parts as ArrayBuffer[]) : []
          const cost = list.reduce((sum, part) => sum + part.byteLength + 64, 0)
          if (cost > 0) channel.port.postMessage({ type: 'taken', cost })
        }
      }
      channel.port.addEventListener('message', credit)
      credit()
      await channel.waitFor('closed')
      const numbers = received()
      truthy(numbers.length >= 60 && numbers.length < 100, `${numbers.length} messages`)
      equal(numbers, [...numbers.keys()], 'without a gap')
      const types = channel.got.map(({ type }) => type)
      truthy(types.indexOf('error') > types.lastIndexOf('data'), 'the error follows what was held')
      const { error } = await channel.waitFor('error')
      truthy(JSON.stringify(error).includes('more than 1000000 bytes waited'), JSON.stringify(error))
      lent.stop()
      nativePc.close()
    },

  'at most one window is in the tab at a time, and bufferedAmount counts the rest': async () => {
    const { port1, port2 } = new MessageChannel()
    const borrowed = createBorrowedRtc({ sendWindowBytes: 50_000, maxSendQueueBytes: 300_000 })
    borrowed.addLender(port1)
    const lent = lendWebRTC(port2, { pump: PUMP })
    await able(borrowed, 1)
    const bench = new Bench(borrowed, globalThis)
    const { near, far } = await bench.open()
    const got = messages(far, 18)
    for (let count = 0; count < 18; count += 1) near.send(new Uint8Array(16_000).fill(count))
    equal(near.bufferedAmount, 288_000, 'bufferedAmount')
    equal(
      thrownName(() => near.send(new Uint8Array(16_000))),
      'OperationError',
      'a full queue',
    )
    equal(
      (await got).map((data) => new Uint8Array(data as ArrayBuffer)[0]),
      [...Array.from({ length: 18 }).keys()],
      'messages',
    )
    bench.close()
    lent.stop()
  },
}
