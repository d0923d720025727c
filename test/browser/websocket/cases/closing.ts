import type { CaseContext, Cases } from '../case.ts'
import { call, construct } from './loose.ts'

/** A close event as data. */
function told({ code, reason, wasClean }: CloseEvent): [number, string, boolean] {
  return [code, reason, wasClean]
}

async function closed(t: CaseContext, socket: WebSocket): Promise<[number, string, boolean]> {
  let failed = false
  socket.addEventListener('error', () => (failed = true))
  const event = await t.next<CloseEvent>(socket, 'close')
  t.equal([socket.readyState, failed], [3, false], 'state and error')
  return told(event)
}

const BAD_CODES = [
  1001,
  0,
  999,
  1005,
  1006,
  1015,
  2999,
  5000,
  65_536 + 1000,
  -1,
  Number.NaN,
  'abc',
  null,
  {},
  Infinity,
]

export const closing: Cases = {
  'close codes other than 1000 and 3000 to 4999 throw InvalidAccessError, even when CLOSED': async (t) => {
    const socket = await t.open('echo')
    const names = (): string[] => BAD_CODES.map((code) => t.thrown(() => call(socket, 'close', code)))
    const wanted = BAD_CODES.map(() => 'InvalidAccessError')
    t.equal(names(), wanted)
    t.equal(socket.readyState, 1)
    socket.close()
    await t.next(socket, 'close')
    t.equal(names(), wanted)
  },

  'close codes are converted like numbers': async (t) => {
    for (const [code, becomes] of [
      ['1000', 1000],
      [{ valueOf: () => 3001 }, 3001],
      [4999, 4999],
      [[3000], 3000],
    ] as const) {
      const socket = await t.open('echo')
      call(socket, 'close', code)
      t.equal(await closed(t, socket), [becomes, '', true])
    }
  },

  'close codes are clamped to their range and rounded, halves to even': async (t) => {
    for (const [code, becomes] of [
      [999.5, 1000],
      [1000.5, 1000],
      [2999.5, 3000],
      [3000.5, 3000],
      [3000.7, 3001],
      [4999.4, 4999],
    ] as const) {
      const socket = await t.open('echo')
      socket.close(code)
      t.equal(await closed(t, socket), [becomes, '', true], String(code))
    }
    const socket = await t.open('echo')
    for (const code of [999.4, 1000.7, 2999.4, 4999.5]) {
      t.equal(
        t.thrown(() => socket.close(code)),
        'InvalidAccessError',
        String(code),
      )
    }
    socket.close()
  },

  'a reason without a code is checked, and is not sent': async (t) => {
    const id = t.id()
    const socket = await t.open('record', { id })
    t.equal(
      t.thrown(() => call(socket, 'close', undefined, 'a'.repeat(124))),
      'SyntaxError',
    )
    call(socket, 'close', undefined, 'bye')
    t.equal(await closed(t, socket), [1005, '', true])
    t.equal((await t.report(id)).closed, { code: 1005, reason: '' })
  },

  'a code or a reason that cannot be converted throws TypeError': async (t) => {
    const socket = await t.open('echo')
    for (const args of [[Symbol('code')], [1n], [1000, Symbol('reason')]]) {
      t.equal(
        t.thrown(() => call(socket, 'close', ...args)),
        'TypeError',
      )
    }
    t.equal(socket.readyState, 1)
    socket.close()
  },

  'a reason over 123 bytes of UTF-8 throws SyntaxError, and 123 are allowed': async (t) => {
    const socket = await t.open('echo')
    for (const reason of ['a'.repeat(124), 'é'.repeat(62), '😀'.repeat(31)]) {
      t.equal(
        t.thrown(() => socket.close(1000, reason)),
        'SyntaxError',
      )
    }
    t.equal(socket.readyState, 1)
    const longest = `${'é'.repeat(61)}a`
    socket.close(4000, longest)
    t.equal(await closed(t, socket), [4000, longest, true])
  },

  'close() sets state 2 immediately, and its event has 1005': async (t) => {
    const socket = await t.open('echo')
    t.equal(call(socket, 'close') === undefined, true)
    t.equal(socket.readyState, 2)
    t.equal(await closed(t, socket), [1005, '', true])
  },

  'close(undefined) is close()': async (t) => {
    const socket = await t.open('echo')
    call(socket, 'close', undefined, undefined)
    t.equal(await closed(t, socket), [1005, '', true])
  },

  'code and reason are returned in the event': async (t) => {
    for (const [code, reason] of [
      [1000, ''],
      [4000, 'bye'],
      [3000, ''],
      [4321, 'é😀'],
    ] as const) {
      const socket = await t.open('echo')
      socket.close(code, reason)
      t.equal(await closed(t, socket), [code, reason, true])
    }
  },

  'a lone surrogate in the reason becomes U+FFFD': async (t) => {
    const socket = await t.open('echo')
    socket.close(4000, '\ud800')
    t.equal(await closed(t, socket), [4000, '\ufffd', true])
  },

  'the server gets the code and the reason, or learns that there are none': async (t) => {
    for (const [args, wanted] of [
      [[4000, 'bye'], { code: 4000, reason: 'bye' }],
      [[], { code: 1005, reason: '' }],
    ] as const) {
      const id = t.id()
      const socket = await t.open('record', { id })
      call(socket, 'close', ...args)
      await t.next(socket, 'close')
      t.equal((await t.report(id)).closed, wanted)
    }
  },

  'the first close counts, a second one does nothing': async (t) => {
    const socket = await t.open('echo')
    socket.close(4001, 'first')
    socket.close(4002, 'second')
    t.equal(await closed(t, socket), [4001, 'first', true])
    socket.close(4003)
    t.equal(socket.readyState, 3)
  },

  'after close() no message is dispatched': async (t) => {
    const socket = await t.open('burst')
    let count = 0
    socket.onmessage = () => {
      count += 1
      socket.close()
    }
    socket.send('go')
    await t.next(socket, 'close')
    t.equal(count, 1)
  },

  'what was sent just before close() is delivered': async (t) => {
    const id = t.id()
    const socket = await t.open('record', { id })
    socket.send('one')
    socket.send(new Blob(['a']))
    socket.send(new Uint8Array([2]))
    socket.close(4000)
    t.equal(await closed(t, socket), [4000, '', true])
    t.equal((await t.report(id)).messages, ['text one', 'binary 97', 'binary 2'])
  },

  'a megabyte sent just before close() is delivered': async (t) => {
    const id = t.id()
    const socket = await t.open('record', { id })
    for (let number = 0; number < 40; number++) socket.send('x'.repeat(50_000))
    socket.close()
    await t.next(socket, 'close')
    t.equal(socket.bufferedAmount, 0)
    const { messages } = await t.report(id)
    t.equal([messages.length, messages.every((message) => message.length === 50_005)], [40, true])
  },

  'close while CONNECTING sets state 2, then fires error and close 1006, never open': async (t) => {
    for (const args of [[], [4000, 'bye']]) {
      const socket = construct(t.path('echo'))
      const seen: unknown[] = []
      socket.onopen = () => seen.push('open')
      socket.onerror = () => seen.push('error', socket.readyState)
      call(socket, 'close', ...args)
      t.equal([socket.readyState, seen], [2, []])
      const event = await t.next<CloseEvent>(socket, 'close')
      t.equal(
        [seen, told(event)],
        [
          ['error', 3],
          [1006, '', false],
        ],
      )
    }
  },

  'close in the open handler is a clean close': async (t) => {
    const socket = construct(t.path('echo'))
    socket.onopen = () => socket.close(4000)
    t.equal(await closed(t, socket), [4000, '', true])
  },

  'the server closes: code and reason arrive, clean': async (t) => {
    for (const [code, reason] of [
      ['1000', ''],
      ['4001', 'enough'],
      ['1011', 'broken'],
      ['1001', 'é'],
    ] as const) {
      const socket = construct(t.path('close', { code, reason }))
      t.equal(await closed(t, socket), [Number(code), reason, true])
    }
  },

  'the server closes without a code: 1005, clean': async (t) => {
    const socket = construct(t.path('close'))
    t.equal(await closed(t, socket), [1005, '', true])
  },

  'the server drops the connection: 1006, unclean, without error': async (t) => {
    const socket = await t.open('drop-when-told')
    socket.send('now')
    t.equal(await closed(t, socket), [1006, '', false])
  },

  'what the server sent before it closed arrives first, in order': async (t) => {
    const socket = construct(t.path('greet-and-close', { code: '4002', reason: 'done' }))
    const got: unknown[] = []
    socket.onmessage = ({ data }) => got.push(data)
    t.equal(await closed(t, socket), [4002, 'done', true])
    t.equal(
      got,
      [0, 1, 2, 3, 4].map((number) => `greeting ${number}`),
    )
  },

  'both ends close at once: one close event, clean': async (t) => {
    const socket = await t.open('close-when-told', { code: '4010' })
    let count = 0
    socket.onclose = () => (count += 1)
    socket.send('now')
    socket.close(4020)
    const [code, , wasClean] = await closed(t, socket)
    t.equal([[4010, 4020].includes(code), wasClean], [true, true])
    await new Promise<void>((resolve) => setTimeout(resolve))
    t.equal(count, 1)
  },

  'a closed socket keeps its values': async (t) => {
    const socket = await t.open('echo')
    const { url } = socket
    socket.close(1000)
    await t.next(socket, 'close')
    t.equal(
      [socket.url, socket.readyState, socket.extensions, socket.binaryType],
      [url, 3, socket.extensions, 'blob'],
    )
  },
}
