import type { Cases } from '../case.ts'

export const messages: Cases = {
  'text arrives as a string, with the fields of a message': async (t) => {
    const socket = await t.open('echo')
    socket.send('hello')
    const event = await t.next<MessageEvent>(socket, 'message')
    t.equal(event.constructor === MessageEvent, true)
    t.equal([event.data, event.origin, event.lastEventId], ['hello', `ws://${location.host}`, ''])
    t.equal([event.source, event.ports, Object.isFrozen(event.ports)], [null, [], true])
    t.equal([event.bubbles, event.cancelable], [false, false])
    socket.close()
  },

  'by default binary arrives as a Blob without type': async (t) => {
    const socket = await t.open('echo')
    socket.send(new Uint8Array([1, 2, 3]))
    const { data } = await t.next<MessageEvent<unknown>>(socket, 'message')
    t.equal(data instanceof Blob && [data.type, data.size, data.constructor === Blob], ['', 3, true])
    t.equal(Array.from(new Uint8Array(await (data as Blob).arrayBuffer())), [1, 2, 3])
    socket.close()
  },

  'binary arrives as an ArrayBuffer if binaryType says so': async (t) => {
    const socket = await t.open('echo')
    socket.binaryType = 'arraybuffer'
    socket.send(new Uint8Array([1, 2, 3]))
    const { data } = await t.next<MessageEvent<unknown>>(socket, 'message')
    t.equal(data instanceof ArrayBuffer && Array.from(new Uint8Array(data)), [1, 2, 3])
    socket.close()
  },

  'binaryType counts when a message is dispatched, not when it was sent': async (t) => {
    const socket = await t.open('echo')
    for (const byte of [1, 2, 3]) socket.send(new Uint8Array([byte]))
    const kinds: string[] = []
    for (const type of ['arraybuffer', 'blob', 'blob'] as const) {
      const { data } = await t.next<MessageEvent<unknown>>(socket, 'message')
      kinds.push(data instanceof Blob ? 'blob' : 'buffer')
      socket.binaryType = type
    }
    t.equal(kinds, ['blob', 'buffer', 'blob'])
    socket.close()
  },

  'empty messages are messages': async (t) => {
    const socket = await t.open('echo')
    socket.binaryType = 'arraybuffer'
    for (const empty of ['', new Uint8Array(), new Blob()]) {
      socket.send(empty)
      const { data } = await t.next<MessageEvent<string | ArrayBuffer>>(socket, 'message')
      t.equal(typeof data === 'string' ? data : data.byteLength, typeof empty === 'string' ? '' : 0)
    }
    socket.close()
  },

  'text of every kind of character comes back unchanged': async (t) => {
    const socket = await t.open('echo')
    for (const text of ['\ufeffwith a mark', 'a\u0000b', 'é€😀', '\u2028\r\n']) {
      socket.send(text)
      t.equal((await t.next<MessageEvent>(socket, 'message')).data, text)
    }
    socket.close()
  },

  'a message of two megabytes is one message': async (t) => {
    const socket = await t.open('echo')
    socket.binaryType = 'arraybuffer'
    const bytes = new Uint8Array(2_097_153).map((_, index) => index % 251)
    socket.send(bytes)
    const { data } = await t.next<MessageEvent<ArrayBuffer>>(socket, 'message')
    const got = new Uint8Array(data)
    t.equal([got.length, got.every((byte, index) => byte === index % 251)], [bytes.length, true])
    socket.close()
  },

  'a received buffer belongs to the page, which may keep, change and transfer it': async (t) => {
    const socket = await t.open('echo')
    socket.binaryType = 'arraybuffer'
    socket.send(new Uint8Array([7]))
    const { data } = await t.next<MessageEvent<ArrayBuffer>>(socket, 'message')
    const moved = structuredClone(data, { transfer: [data] })
    t.equal([data.byteLength, new Uint8Array(moved)[0]], [0, 7])
    socket.close()
  },

  'a thousand messages arrive in order': async (t) => {
    const socket = await t.open('echo')
    const got: number[] = []
    const all = new Promise<void>((resolve) => {
      socket.onmessage = ({ data }) => {
        if (got.push(Number(data)) === 1000) resolve()
      }
    })
    for (let number = 0; number < 1000; number++) socket.send(String(number))
    await all
    t.equal(
      got.every((number, index) => number === index),
      true,
    )
    socket.close()
  },

  "ten sockets at once don't mix their messages": async (t) => {
    const sockets = await Promise.all(Array.from({ length: 10 }, () => t.open('echo')))
    const answers = sockets.map((socket) => t.next<MessageEvent>(socket, 'message'))
    sockets.forEach((socket, index) => socket.send(`to ${index}`))
    t.equal(
      (await Promise.all(answers)).map(({ data }) => data as string),
      sockets.map((_, index) => `to ${index}`),
    )
    for (const socket of sockets) socket.close()
  },

  'a message over the limit of the server closes with 1009': async (t) => {
    const socket = await t.open('echo')
    socket.send(new Uint8Array(4_194_305))
    const { code } = await t.next<CloseEvent>(socket, 'close')
    t.equal(code, 1009)
  },
}
