import type { Case } from './support.ts'
import { equal, negotiate, next, truthy } from './support.ts'

export const channelCases: Record<string, Case> = {
  'a new channel has its default values': async (bench) => {
    const channel = bench.make(bench.a).createDataChannel('name')
    equal(
      [channel.label, channel.readyState, channel.id, channel.ordered, channel.negotiated, channel.protocol],
      ['name', 'connecting', null, true, false, ''],
      'attributes',
    )
    equal([channel.maxRetransmits, channel.maxPacketLifeTime], [null, null], 'reliability')
    equal(
      [channel.binaryType, channel.bufferedAmount, channel.bufferedAmountLowThreshold],
      ['arraybuffer', 0, 0],
      'buffer',
    )
    equal(Object.prototype.toString.call(channel), '[object RTCDataChannel]', 'tag')
    equal([channel.onopen, channel.onmessage, channel.onclose], [null, null, null], 'handlers')
  },

  'label, protocol, order and reliability reach the other end': async (bench) => {
    const { near, far } = await bench.open({ ordered: false, maxRetransmits: 3, protocol: 'chat.v1' })
    for (const channel of [near, far]) {
      equal(
        [channel.label, channel.ordered, channel.maxRetransmits, channel.maxPacketLifeTime, channel.protocol],
        ['bench', false, 3, null, 'chat.v1'],
        'attributes',
      )
    }
  },

  'maxPacketLifeTime reaches the other end': async (bench) => {
    const { near, far } = await bench.open({ maxPacketLifeTime: 500 })
    equal([near.maxPacketLifeTime, far.maxPacketLifeTime, far.maxRetransmits], [500, 500, null], 'both ends')
  },

  'both ends of a channel have the same id once it is open': async (bench) => {
    const { near, far } = await bench.open()
    truthy(typeof near.id === 'number', 'a number')
    equal(near.id, far.id, 'id')
  },

  'a negotiated channel opens on both ends without a datachannel event': async (bench) => {
    const [one, two] = bench.pair()
    let events = 0
    two.ondatachannel = () => (events += 1)
    const near = one.createDataChannel('mine', { negotiated: true, id: 7 })
    const far = two.createDataChannel('theirs', { negotiated: true, id: 7 })
    equal([near.id, near.negotiated, near.label], [7, true, 'mine'], 'at once')
    const opened = Promise.all([next(near, 'open'), next(far, 'open')])
    await negotiate(one, two)
    await opened
    const got = next<MessageEvent>(far, 'message')
    near.send('hello')
    equal((await got).data, 'hello', 'data')
    equal(events, 0, 'datachannel events')
  },

  // Chromium 156 itself loses one in a hundred messages that are sent in this event, so the answer waits for
  // a question.
  'the other end is open in the datachannel event, and can answer': async (bench) => {
    const [one, two] = bench.pair()
    const near = one.createDataChannel('x')
    near.onopen = () => near.send('question')
    let state = ''
    two.ondatachannel = ({ channel }) => {
      state = channel.readyState
      channel.onmessage = ({ data }) => channel.send(`answer to the ${String(data)}`)
    }
    const got = next<MessageEvent>(near, 'message')
    await negotiate(one, two)
    equal((await got).data, 'answer to the question', 'data')
    equal(state, 'open', 'readyState in the event')
  },

  'the open event follows the datachannel event on the other end': async (bench) => {
    const [one, two] = bench.pair()
    one.createDataChannel('x')
    const opened = new Promise<string>((resolve) => {
      two.ondatachannel = ({ channel }) => {
        channel.onopen = () => resolve(channel.readyState)
      }
    })
    await negotiate(one, two)
    equal(await opened, 'open', 'readyState in open')
  },

  'channels made on an open connection open too, in any number, each once': async (bench) => {
    const { one, two } = await bench.open()
    const labels: string[] = []
    const all = new Promise<void>((resolve) => {
      two.ondatachannel = ({ channel }) => {
        labels.push(channel.label)
        if (labels.length === 20) resolve()
      }
    })
    const channels = Array.from({ length: 20 }, (_, index) => one.createDataChannel(`number ${index}`))
    await Promise.all([all, ...channels.map((channel) => next(channel, 'open'))])
    equal(new Set(labels).size, 20, 'labels')
    equal(new Set(channels.map(({ id }) => id)).size, 20, 'ids')
  },

  'either end can create channels': async (bench) => {
    const { one, two } = await bench.open()
    const arrived = next<RTCDataChannelEvent>(one, 'datachannel')
    const channel = two.createDataChannel('back')
    const opened = next(channel, 'open')
    equal((await arrived).channel.label, 'back', 'label')
    await opened
  },

  'close() is closing immediately, then close on both ends, with closing on the other': async (bench) => {
    const { near, far } = await bench.open()
    const nearEvents: string[] = []
    const farEvents: string[] = []
    for (const type of ['closing', 'close', 'error']) {
      near.addEventListener(type, () => nearEvents.push(`${type} ${near.readyState}`))
      far.addEventListener(type, () => farEvents.push(`${type} ${far.readyState}`))
    }
    const closed = Promise.all([next(near, 'close'), next(far, 'close')])
    near.close()
    equal(near.readyState, 'closing', 'at once')
    near.close()
    await closed
    equal(nearEvents, ['close closed'], 'the closing end')
    equal(farEvents.at(-1), 'close closed', 'the other end')
    truthy(!farEvents.some((line) => line.startsWith('error')), 'no error')
  },

  'the end that did not create a channel can close it': async (bench) => {
    const { near, far } = await bench.open()
    const closed = Promise.all([next(near, 'close'), next(far, 'close')])
    far.close()
    await closed
    equal([near.readyState, far.readyState], ['closed', 'closed'], 'states')
  },

  'a channel that was never open can be closed': async (bench) => {
    const channel = bench.make(bench.a).createDataChannel('x')
    const closed = next(channel, 'close')
    channel.close()
    equal(channel.readyState, 'closing', 'at once')
    await closed
    equal(channel.readyState, 'closed', 'after the event')
  },

  'closing one channel keeps the others open': async (bench) => {
    const { one, two, near, far } = await bench.open()
    const arrived = next<RTCDataChannelEvent>(two, 'datachannel')
    const other = one.createDataChannel('other')
    const opened = next(other, 'open')
    const { channel: theirs } = await arrived
    await opened
    const closed = next(far, 'close')
    near.close()
    await closed
    const got = next<MessageEvent>(theirs, 'message')
    other.send('alive')
    equal((await got).data, 'alive', 'data')
  },

  'closing a connection closes its channels here, and with an error at the other end': async (bench) => {
    const { one, near, far } = await bench.open()
    const farEvents: string[] = []
    let error: RTCError | undefined
    far.addEventListener('error', (event) => {
      error = event.error
    })
    for (const type of ['error', 'close']) far.addEventListener(type, () => farEvents.push(type))
    const closed = Promise.all([next(near, 'close'), next(far, 'close')])
    one.close()
    await closed
    equal(farEvents, ['error', 'close'], 'order')
    equal([error?.name, error?.errorDetail], ['OperationError', 'sctp-failure'], 'error')
    equal([near.readyState, far.readyState], ['closed', 'closed'], 'states')
  },
}
