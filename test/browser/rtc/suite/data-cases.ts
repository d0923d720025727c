import type { Case } from './support.ts'
import { bytesOf, equal, errorName, messages, negotiate, next, numbers, sha256, truthy } from './support.ts'

export const dataCases: Record<string, Case> = {
  'strings and bytes go both ways and keep their order': async (bench) => {
    const { near, far } = await bench.open()
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      const got = messages(to, 5)
      from.send('one')
      from.send(bytesOf(1, 2, 3).buffer)
      from.send('')
      from.send(bytesOf())
      from.send('ünï𝄞')
      const [one, two, three, four, five] = await got
      equal([one, numbers(two), three, numbers(four), five], ['one', [1, 2, 3], '', [], 'ünï𝄞'], 'messages')
    }
  },

  'a view is sent as its range of bytes, copied at the call': async (bench) => {
    const { near, far } = await bench.open()
    const got = messages(far, 3)
    const bytes = bytesOf(0, 1, 2, 3, 4, 5)
    near.send(bytes.subarray(2, 4))
    near.send(new DataView(bytes.buffer, 1, 2))
    near.send(bytes)
    bytes.fill(9)
    truthy(bytes.byteLength === 6, 'the caller keeps its buffer')
    const [one, two, three] = await got
    equal(
      [numbers(one), numbers(two), numbers(three)],
      [
        [2, 3],
        [1, 2],
        [0, 1, 2, 3, 4, 5],
      ],
      'messages',
    )
  },

  'anything else is sent as its string, with lone surrogates replaced': async (bench) => {
    const { near, far } = await bench.open()
    const got = messages(far, 3)
    for (const odd of [42, { toString: () => 'text' }, '\uD800']) near.send(odd as unknown as string)
    equal(await got, ['42', 'text', '\uFFFD'], 'messages')
  },

  'a Blob is sent as its bytes': async (bench) => {
    const { near, far } = await bench.open()
    const got = next<MessageEvent<ArrayBuffer>>(far, 'message')
    near.send(new Blob(['blob']))
    equal(new TextDecoder().decode((await got).data), 'blob', 'bytes')
  },

  'with the binaryType blob, messages are Blobs': async (bench) => {
    const { near, far } = await bench.open()
    far.binaryType = 'blob'
    equal(far.binaryType, 'blob', 'binaryType')
    const got = next<MessageEvent>(far, 'message')
    near.send(bytesOf(1, 2, 3))
    const { data } = await got
    truthy(data instanceof Blob, 'a Blob')
    equal(numbers(await (data as Blob).arrayBuffer()), [1, 2, 3], 'bytes')
  },

  'messages that arrive with the channel reach a handler set in the datachannel event': async (bench) => {
    const [one, two] = bench.pair()
    for (let index = 0; index < 10; index += 1) {
      const channel = one.createDataChannel(String(index))
      channel.onopen = () => {
        for (let count = 0; count < 20; count += 1) channel.send(`${channel.label}:${count}`)
      }
    }
    const got = new Map<string, unknown[]>()
    const all = new Promise<void>((resolve, reject) => {
      setTimeout(() => reject(new Error(`got ${[...got.values()].flat().length} messages of 200`)), 20_000)
      two.ondatachannel = ({ channel }) => {
        const list: unknown[] = []
        got.set(channel.label, list)
        channel.onmessage = ({ data }) => {
          list.push(data)
          if ([...got.values()].flat().length === 200) resolve()
        }
      }
    })
    await negotiate(one, two)
    await all
    for (const [label, list] of got) {
      equal(
        list,
        Array.from({ length: 20 }, (_, count) => `${label}:${count}`),
        `channel ${label}`,
      )
    }
  },

  'promise callbacks run between two messages, so a later message is not missed while an earlier one is awaited':
    async (bench) => {
      const { near, far } = await bench.open()
      const received = (async (): Promise<unknown[]> => {
        const list: unknown[] = []
        while (list.length < 50) list.push((await next<MessageEvent<unknown>>(far, 'message')).data)
        return list
      })()
      for (let count = 0; count < 50; count += 1) near.send(String(count))
      equal(
        await received,
        Array.from({ length: 50 }, (_, count) => String(count)),
        'messages',
      )
    },

  'a handler that throws does not disturb the channel': async (bench) => {
    const { near, far } = await bench.open()
    const got = messages(far, 2)
    far.onmessage = () => {
      throw new Error('a handler of the page threw')
    }
    near.send('one')
    near.send('two')
    equal(await got, ['one', 'two'], 'messages')
  },

  'bufferedAmount grows inside send by UTF-8 bytes and does not fall while script runs': async (bench) => {
    const { near } = await bench.open()
    near.send('ä')
    equal(near.bufferedAmount, 2, 'a string')
    near.send(bytesOf(1, 2, 3))
    equal(near.bufferedAmount, 5, 'bytes')
    near.send(new Blob(['1234']))
    equal(near.bufferedAmount, 9, 'a Blob')
    const low = next(near, 'bufferedamountlow')
    await low
    equal(near.bufferedAmount, 0, 'after bufferedamountlow')
  },

  'bufferedamountlow fires when the amount falls to the threshold, not before': async (bench) => {
    const { near, far } = await bench.open()
    const received = messages(far, 64)
    near.bufferedAmountLowThreshold = 500_000
    equal(near.bufferedAmountLowThreshold, 500_000, 'threshold')
    const chunk = new Uint8Array(16_384)
    let times = 0
    near.onbufferedamountlow = () => {
      times += 1
      truthy(near.bufferedAmount <= 500_000, `bufferedAmount ${near.bufferedAmount} in the event`)
    }
    for (let count = 0; count < 64; count += 1) near.send(chunk)
    equal(near.bufferedAmount, 64 * 16_384, 'bufferedAmount')
    await received
    if (near.bufferedAmount > 0) {
      near.bufferedAmountLowThreshold = 0
      await next(near, 'bufferedamountlow')
    }
    truthy(times >= 1, 'events')
    equal(near.bufferedAmount, 0, 'at the end')
  },

  'a full send queue throws OperationError and keeps the channel open': async (bench) => {
    const { near } = await bench.open()
    const chunk = new Uint8Array(65_536)
    let name = ''
    for (let count = 0; count < 1000 && name === ''; count += 1) {
      try {
        near.send(chunk)
      } catch (error) {
        name = (error as DOMException).name
      }
    }
    equal([name, near.readyState], ['OperationError', 'open'], 'the queue')
  },

  'a message larger than the other end accepts is a TypeError': async (bench) => {
    const { one, near } = await bench.open()
    const max = one.sctp?.maxMessageSize ?? 0
    equal(await errorName(async () => near.send(new Uint8Array(max + 1))), 'TypeError', 'too large')
  },

  'the largest message that the other end accepts arrives, or one of a mebibyte': async (bench) => {
    const { one, near, far } = await bench.open()
    // Chromium accepts 256 KiB. Firefox accepts 1 GiB, too much for a test.
    const size = Math.min(one.sctp?.maxMessageSize ?? 0, 1_048_576)
    const got = next<MessageEvent<ArrayBuffer>>(far, 'message')
    near.send(new Uint8Array(size))
    equal((await got).data.byteLength, size, 'the largest')
  },

  'what was sent before close() arrives': async (bench) => {
    const { near, far } = await bench.open()
    const total = 100
    const got = messages(far, total)
    for (let count = 0; count < total; count += 1) near.send(new Uint8Array(16_384).fill(count))
    near.close()
    const list = await got
    equal(
      list.map((data) => numbers(data)[0]),
      Array.from({ length: total }, (_, count) => count),
      'messages',
    )
  },

  'fifty megabytes arrive byte for byte': async (bench) => {
    const { near, far } = await bench.open()
    const total = 50 * 1_048_576
    const source = new Uint8Array(total)
    for (let offset = 0; offset < total; offset += 65_536) {
      crypto.getRandomValues(source.subarray(offset, offset + 65_536))
    }
    const sink = new Uint8Array(total)
    const finished = new Promise<void>((resolve, reject) => {
      let length = 0
      setTimeout(() => reject(new Error(`got ${length} of ${total} bytes`)), 150_000)
      far.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
        sink.set(new Uint8Array(data), length)
        length += data.byteLength
        if (length === total) resolve()
      }
    })
    near.bufferedAmountLowThreshold = 262_144
    for (let offset = 0; offset < total; offset += 16_384) {
      near.send(source.subarray(offset, offset + 16_384))
      if (near.bufferedAmount > 2_097_152) await next(near, 'bufferedamountlow')
    }
    await finished
    equal(await sha256(sink), await sha256(source), 'SHA-256')
  },

  'both directions at once, on several channels, lose nothing': async (bench) => {
    const { one, two } = await bench.open()
    const size = 16_384
    const count = 64
    await Promise.all(
      Array.from({ length: 4 }, async (_, index) => {
        const arrived = new Promise<RTCDataChannel>((resolve) => {
          two.addEventListener('datachannel', ({ channel }) => {
            if (channel.label === `stream ${index}`) resolve(channel)
          })
        })
        const near = one.createDataChannel(`stream ${index}`)
        const opened = next(near, 'open')
        const far = await arrived
        await opened
        const [there, back] = [messages(far, count, 60_000), messages(near, count, 60_000)]
        for (let sent = 0; sent < count; sent += 1) {
          near.send(new Uint8Array(size).fill(sent))
          far.send(new Uint8Array(size).fill(255 - sent))
        }
        const firsts = (list: unknown[]): number[] => list.map((data) => numbers(data)[0] ?? -1)
        equal(
          firsts(await there),
          Array.from({ length: count }, (_, sent) => sent),
          'there',
        )
        equal(
          firsts(await back),
          Array.from({ length: count }, (_, sent) => 255 - sent),
          'back',
        )
      }),
    )
  },
}
