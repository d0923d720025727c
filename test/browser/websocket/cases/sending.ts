import type { CaseContext, Cases } from '../case.ts'
import { call, construct } from './loose.ts'

/** Sends, closes, and returns what the server had received then. */
async function received(t: CaseContext, act: (socket: WebSocket) => void | Promise<void>): Promise<string[]> {
  const id = t.id()
  const socket = await t.open('record', { id })
  await act(socket)
  socket.close()
  await t.next(socket, 'close')
  return (await t.report(id)).messages
}

export const sending: Cases = {
  'send while CONNECTING throws InvalidStateError and changes nothing': (t) => {
    const socket = construct(t.path('echo'))
    t.equal(
      t.thrown(() => socket.send('a')),
      'InvalidStateError',
    )
    t.equal([socket.readyState, socket.bufferedAmount], [0, 0])
  },

  'send without an argument, or with a symbol, throws TypeError in any state': async (t) => {
    const socket = construct(t.path('echo'))
    const attempts = (): string[] => [
      t.thrown(() => call(socket, 'send')),
      t.thrown(() => call(socket, 'send', Symbol('a'))),
    ]
    const connecting = attempts()
    await t.next(socket, 'open')
    const open = attempts()
    socket.close()
    const closing = attempts()
    await t.next(socket, 'close')
    for (const names of [connecting, open, closing, attempts()]) t.equal(names, ['TypeError', 'TypeError'])
  },

  'a view is its range of the buffer, copied at the call': async (t) => {
    const bytes = new Uint8Array([0, 1, 2, 3, 4, 5, 6, 7])
    t.equal(
      await received(t, (socket) => {
        socket.send(bytes.subarray(2, 5))
        socket.send(new DataView(bytes.buffer, 4, 2))
        socket.send(new Uint16Array(bytes.buffer, 6, 1))
        socket.send(bytes.buffer)
        socket.send(bytes)
        bytes.fill(9)
      }),
      ['binary 2 3 4', 'binary 4 5', 'binary 6 7', 'binary 0 1 2 3 4 5 6 7', 'binary 0 1 2 3 4 5 6 7'],
    )
    t.equal(bytes.byteLength, 8)
  },

  'a detached buffer is an empty message': async (t) => {
    t.equal(
      await received(t, (socket) => {
        const bytes = new Uint8Array([1])
        structuredClone(bytes.buffer, { transfer: [bytes.buffer] })
        socket.send(bytes.buffer)
        socket.send(bytes)
      }),
      ['binary ', 'binary '],
    )
  },

  'a DataView of a detached buffer is an empty message': async (t) => {
    t.equal(
      await received(t, (socket) => {
        const view = new DataView(new ArrayBuffer(4), 1)
        structuredClone(view.buffer, { transfer: [view.buffer] })
        socket.send(view)
      }),
      ['binary '],
    )
  },

  'shared and resizable memory throws TypeError': async (t) => {
    const socket = await t.open('echo')
    const { buffer } = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })
    const resizable = new ArrayBuffer(1, { maxByteLength: 2 })
    const values = [
      buffer,
      new Uint8Array(buffer),
      new DataView(buffer),
      resizable,
      new Uint8Array(resizable),
    ]
    for (const value of values) {
      t.equal(
        t.thrown(() => call(socket, 'send', value)),
        'TypeError',
      )
    }
    t.equal(socket.bufferedAmount, 0)
    socket.close()
  },

  'a buffer, a view and a Blob of another realm are bytes': async (t) => {
    const frame = document.createElement('iframe')
    document.body.append(frame)
    const other = frame.contentWindow as unknown as typeof globalThis
    t.equal(
      await received(t, (socket) => {
        socket.send(new other.Uint8Array([1, 2]))
        socket.send(new other.Uint8Array([3]).buffer)
        socket.send(new other.Blob(['a']))
      }),
      ['binary 1 2', 'binary 3', 'binary 97'],
    )
    frame.remove()
  },

  'anything that is neither bytes nor a Blob is sent as its text': async (t) => {
    const odd = [42, {}, null, undefined, true, [1, 2], { toString: () => 'mine' }, () => 5, 10n]
    t.equal(
      await received(t, (socket) => {
        for (const value of odd) call(socket, 'send', value)
      }),
      odd.map((value) => `text ${String(value)}`),
    )
  },

  'an object that only looks like bytes is sent as its text': async (t) => {
    t.equal(
      await received(t, (socket) => {
        call(socket, 'send', Object.create(ArrayBuffer.prototype))
        call(socket, 'send', Object.create(Blob.prototype))
        call(socket, 'send', { byteLength: 1 })
      }),
      ['text [object ArrayBuffer]', 'text [object Blob]', 'text [object Object]'],
    )
  },

  'a lone surrogate becomes U+FFFD': async (t) => {
    t.equal(await received(t, (socket) => socket.send('a\ud800b\udc00')), ['text a\ufffdb\ufffd'])
  },

  'an error during conversion reaches the caller, and nothing is sent': async (t) => {
    t.equal(
      await received(t, (socket) => {
        const value = {
          toString() {
            throw new RangeError('no')
          },
        }
        t.equal(
          t.thrown(() => call(socket, 'send', value)),
          'RangeError',
        )
        t.equal(socket.bufferedAmount, 0)
      }),
      [],
    )
  },

  'Blobs keep their position in the order': async (t) => {
    const large = new Blob([new Uint8Array(300_000)])
    const got = await received(t, (socket) => {
      socket.send('first')
      socket.send(large)
      socket.send('second')
      socket.send(new Blob(['a']))
      socket.send(new Uint8Array([1]))
      socket.send(new Blob([]))
      socket.send('last')
    })
    t.equal(
      got.map((message) => (message.length > 1000 ? 'large' : message)),
      ['text first', 'large', 'text second', 'binary 97', 'binary 1', 'binary ', 'text last'],
    )
  },

  'bufferedAmount rises inside send by the bytes of UTF-8, and does not fall while script runs': async (
    t,
  ) => {
    const socket = await t.open('echo')
    const amounts: number[] = []
    for (const value of [
      'é€😀',
      new Uint8Array(10),
      new Blob(['abc']),
      '',
      '\ud800',
      new DataView(new ArrayBuffer(4), 1),
    ]) {
      socket.send(value)
      amounts.push(socket.bufferedAmount)
    }
    t.equal(amounts, [9, 19, 22, 22, 25, 28])
    await Promise.resolve()
    await new Promise<void>((resolve) => queueMicrotask(resolve))
    t.equal(socket.bufferedAmount, 28)
    for (let number = 0; number < amounts.length; number++) await t.next(socket, 'message')
    socket.close()
  },

  'bufferedAmount falls to zero once everything has left': async (t) => {
    const socket = await t.open('echo')
    socket.send(new Uint8Array(100_000))
    await t.next(socket, 'message')
    const channel = new MessageChannel()
    await new Promise<void>((resolve) => {
      channel.port1.onmessage = () => {
        if (socket.bufferedAmount === 0) resolve()
        else channel.port2.postMessage(null)
      }
      channel.port2.postMessage(null)
    })
    socket.close()
  },

  'send when CLOSING or CLOSED does not throw, and bufferedAmount grows and stays': async (t) => {
    const socket = await t.open('echo')
    socket.close()
    socket.send('abc')
    t.equal([socket.readyState, socket.bufferedAmount], [2, 3])
    await t.next(socket, 'close')
    t.equal(socket.bufferedAmount, 3)
    socket.send('é')
    socket.send(new Uint8Array(5))
    socket.send(new Blob(['ab']))
    t.equal(socket.bufferedAmount, 12)
    await new Promise<void>((resolve) => setTimeout(resolve))
    t.equal(socket.bufferedAmount, 12)
  },
}
