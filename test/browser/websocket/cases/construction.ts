import type { Cases } from '../case.ts'
import { accessorOf, construct, methodOf } from './loose.ts'

const page = (): string => `ws://${location.host}`

export const construction: Cases = {
  'a relative URL is resolved against the page': (t) => {
    const socket = construct(t.path('echo'))
    t.equal(socket.url, page() + t.path('echo'))
  },

  'a relative URL is resolved against the base element': (t) => {
    const base = document.createElement('base')
    base.href = t.path('')
    document.head.append(base)
    const socket = construct('echo?x')
    base.remove()
    t.equal(socket.url, `${page() + t.path('echo')}?x`)
  },

  'a relative URL is resolved against the current URL of the page': (t) => {
    const before = location.href
    history.replaceState(null, '', t.path('page'))
    const socket = construct('echo')
    history.replaceState(null, '', before)
    t.equal(socket.url, page() + t.path('echo'))
  },

  'an empty URL is the base URL': (t) => {
    const base = document.createElement('base')
    base.href = t.path('echo')
    document.head.append(base)
    let socket: WebSocket
    try {
      socket = construct('')
    } finally {
      base.remove()
    }
    t.equal(socket.url, page() + t.path('echo'))
  },

  'http becomes ws': async (t) => {
    const socket = construct(`http://${location.host}${t.path('echo')}`)
    t.equal(socket.url, page() + t.path('echo'))
    await t.next(socket, 'open')
    socket.close()
  },

  'a URL object is read as its text and not changed': (t) => {
    const url = new URL(t.path('echo'), location.href)
    const before = url.href
    const socket = construct(url)
    t.equal([url.href, socket.url], [before, before.replace('http', 'ws')])
  },

  'the URL is normalized': (t) => {
    const socket = construct(`  WS://${location.host}${t.path('')}a/../echo?a b\n`)
    t.equal(socket.url, `${page() + t.path('echo')}?a%20b`)
  },

  'a lone surrogate in the URL becomes U+FFFD': (t) => {
    const socket = construct(t.path('echo?\ud800'))
    t.equal(socket.url, `${page() + t.path('echo')}?%EF%BF%BD`)
  },

  'an unparsable URL and another scheme throw SyntaxError': (t) => {
    for (const url of [
      'ws://',
      'ws://[',
      'ftp://127.0.0.1/',
      'mailto:a@b',
      'about:blank',
      'wss://a:99999/',
    ]) {
      t.equal(
        t.thrown(() => construct(url)),
        'SyntaxError',
        url,
      )
    }
  },

  'a fragment throws SyntaxError, even an empty one': (t) => {
    for (const fragment of ['#', '#a']) {
      t.equal(
        t.thrown(() => construct(t.path('echo') + fragment)),
        'SyntaxError',
        fragment,
      )
    }
  },

  'a thrown error is a DOMException of this realm': (t) => {
    let thrown: unknown
    try {
      construct(t.path('echo'), 'a b')
    } catch (error) {
      thrown = error
    }
    t.equal(thrown instanceof DOMException && thrown.code, DOMException.SYNTAX_ERR)
  },

  'without an argument, and without new, it throws TypeError': (t) => {
    t.equal(
      t.thrown(() => construct()),
      'TypeError',
    )
    t.equal(
      t.thrown(() => Reflect.apply(WebSocket, undefined, [t.path('echo')])),
      'TypeError',
    )
  },

  'a URL that cannot become a string throws the error of its conversion': (t) => {
    t.equal(
      t.thrown(() => construct(Symbol('url'))),
      'TypeError',
    )
    const url = {
      toString() {
        throw new RangeError('no')
      },
    }
    t.equal(
      t.thrown(() => construct(url)),
      'RangeError',
    )
  },

  'arguments are converted once, the URL before the protocols, and only then checked': (t) => {
    const order: string[] = []
    const url = {
      toString() {
        order.push('url')
        return 'ws://['
      },
    }
    const protocol = {
      toString() {
        order.push('protocol')
        return 'a b'
      },
    }
    t.equal(
      t.thrown(() => construct(url, [protocol])),
      'SyntaxError',
    )
    t.equal(order, ['url', 'protocol'])
  },

  'duplicate, invalid and empty protocols throw SyntaxError': (t) => {
    for (const protocols of [
      ['a', 'a'],
      'a b',
      '',
      [''],
      'a,b',
      'é',
      'a\u007f',
      ['a', 'b', 'a'],
      '{}',
      'a/b',
    ]) {
      t.equal(
        t.thrown(() => construct(t.path('echo'), protocols)),
        'SyntaxError',
        String(protocols),
      )
    }
  },

  'protocols that cannot be converted throw TypeError': (t) => {
    const notCallable = { [Symbol.iterator]: 5 }
    const noObject = { [Symbol.iterator]: () => 5 }
    const noNext = { [Symbol.iterator]: () => ({}) }
    const noResult = { [Symbol.iterator]: () => ({ next: () => 5 }) }
    for (const protocols of [Symbol('a'), [Symbol('a')], notCallable, noObject, noNext, noResult]) {
      t.equal(
        t.thrown(() => construct(t.path('echo'), protocols)),
        'TypeError',
      )
    }
  },

  'no protocols, undefined and an empty list open a socket': async (t) => {
    for (const args of [[], [undefined], [[]], [new Set()]]) {
      const socket = construct(t.path('echo'), ...args)
      await t.next(socket, 'open')
      t.equal(socket.protocol, '')
      socket.close()
    }
  },

  'null is the protocol "null", and a number is its digits': async (t) => {
    for (const [protocol, choose] of [
      [null, 'null'],
      [42, '42'],
      ['chat', 'chat'],
    ] as const) {
      const socket = construct(t.path('echo', { choose }), protocol)
      await t.next(socket, 'open')
      t.equal(socket.protocol, choose)
      socket.close()
    }
  },

  'any iterable is a list of protocols, and an object without an iterator is its text': async (t) => {
    const iterables = [
      ['a', 'b'],
      new Set(['a', 'b']),
      (function* () {
        yield 'a'
        yield { toString: () => 'b' }
      })(),
      // A String object has an iterator; a string does not count as one.
      Object('ab'),
      { toString: () => 'b' },
    ]
    for (const protocols of iterables) {
      const socket = construct(t.path('echo', { choose: 'b' }), protocols)
      await t.next(socket, 'open')
      t.equal(socket.protocol, 'b')
      socket.close()
    }
  },

  'the protocol is empty until the socket opens': async (t) => {
    const socket = construct(t.path('echo', { choose: 'b' }), ['a', 'b'])
    t.equal(socket.protocol, '')
    await t.next(socket, 'open')
    t.equal(socket.protocol, 'b')
    socket.close()
    await t.next(socket, 'close')
    t.equal(socket.protocol, 'b')
  },

  'protocols that differ in case are two': (t) => {
    const socket = construct(t.path('echo'), ['a', 'A'])
    t.equal(socket.readyState, 0)
  },

  'protocols offered and none chosen fail the connection': async (t) => {
    const socket = construct(t.path('echo'), ['a'])
    const { type } = await Promise.race([t.next(socket, 'error'), t.next(socket, 'open')])
    t.equal([type, socket.readyState, socket.protocol], ['error', 3, ''])
  },

  'a refused handshake fires error, then close 1006, both in state 3': async (t) => {
    const socket = construct(t.path('refuse'))
    const seen: unknown[] = []
    socket.onopen = () => seen.push('open')
    socket.onerror = () => seen.push('error', socket.readyState)
    const { code, reason, wasClean } = await t.next<CloseEvent>(socket, 'close')
    t.equal(seen, ['error', 3])
    t.equal([socket.readyState, code, reason, wasClean], [3, 1006, '', false])
  },

  'a subclass is constructed with its own prototype and fields': async (t) => {
    class Chatty extends WebSocket {
      readonly greeting = 'hello'
      greet(): void {
        this.send(this.greeting)
      }
    }
    const socket = new Chatty(t.path('echo'))
    t.equal(
      [socket instanceof Chatty, socket instanceof WebSocket, Object.keys(socket)],
      [true, true, ['greeting']],
    )
    t.equal(Object.getPrototypeOf(socket) === Chatty.prototype, true)
    await t.next(socket, 'open')
    socket.greet()
    t.equal((await t.next<MessageEvent>(socket, 'message')).data, 'hello')
    socket.close()
  },

  'Reflect.construct uses the prototype of the new target': (t) => {
    const newTarget = function () {}
    const socket = Reflect.construct(WebSocket, [t.path('echo')], newTarget) as WebSocket
    t.equal(Object.getPrototypeOf(socket) === newTarget.prototype, true)
    t.equal(Reflect.apply(accessorOf(WebSocket.prototype, 'readyState').get ?? Boolean, socket, []), 0)
  },

  'the prototype of the new target is read once, before the arguments are converted': (t) => {
    const order: string[] = []
    const newTarget = new Proxy(function () {}, {
      get(target, key) {
        order.push(String(key))
        return Reflect.get(target, key) as unknown
      },
    })
    const url = (text: string): object => ({
      toString() {
        order.push(text)
        return text
      },
    })
    t.equal(
      t.thrown(() => Reflect.construct(WebSocket, [url('ws://[')], newTarget)),
      'SyntaxError',
    )
    Reflect.construct(WebSocket, [url(t.path('echo'))], newTarget)
    t.equal(order, ['prototype', 'ws://[', 'prototype', t.path('echo')])
  },

  'a socket whose window is gone is not open, and what is sent on it only counts': async (t) => {
    for (const leave of ['removed', 'navigated'] as const) {
      const frame = document.createElement('iframe')
      frame.src = location.pathname
      document.body.append(frame)
      await t.next(frame, 'load')
      const realm = frame.contentWindow as unknown as typeof globalThis
      const socket = new realm.WebSocket(t.path('echo'))
      await t.next(socket, 'open')
      if (leave === 'removed') {
        frame.remove()
      } else {
        frame.src = 'about:blank'
        await t.next(frame, 'load')
      }
      t.equal([2, 3].includes(socket.readyState), true, `${leave}: ${socket.readyState}`)
      socket.send('abc')
      t.equal([socket.bufferedAmount, t.thrown(() => socket.close(4000))], [3, 'nothing'], leave)
      await new Promise<void>((resolve) => setTimeout(resolve))
      frame.remove()
    }
  },

  'a socket made by the constructor of an iframe has the classes of that iframe': async (t) => {
    const frame = document.createElement('iframe')
    frame.src = location.pathname
    document.body.append(frame)
    await t.next(frame, 'load')
    const realm = frame.contentWindow as unknown as typeof globalThis
    const socket = new realm.WebSocket(t.path('echo'))
    t.equal([socket instanceof realm.EventTarget, socket instanceof EventTarget], [true, false])
    const open = await t.next(socket, 'open')
    socket.send(new Uint8Array([1]))
    const message = await t.next<MessageEvent<unknown>>(socket, 'message')
    t.equal([open.constructor === realm.Event, message.constructor === realm.MessageEvent], [true, true])
    t.equal([message.data instanceof realm.Blob, message.data instanceof Blob], [true, false])
    let thrown: unknown
    try {
      Reflect.apply(methodOf(realm.WebSocket.prototype, 'close'), socket, [1])
    } catch (error) {
      thrown = error
    }
    t.equal([thrown instanceof realm.DOMException, thrown instanceof DOMException], [true, false])
    socket.close()
    const close = await t.next(socket, 'close')
    t.equal(close.constructor === realm.CloseEvent, true)
    frame.remove()
  },
}
