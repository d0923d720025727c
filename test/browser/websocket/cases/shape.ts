import type { Cases } from '../case.ts'
import { accessorOf, assign, construct, methodOf } from './loose.ts'

const ATTRIBUTES = ['url', 'readyState', 'bufferedAmount', 'extensions', 'protocol']
const WRITABLE_ATTRIBUTES = ['onopen', 'onmessage', 'onerror', 'onclose', 'binaryType']
const CONSTANTS = ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED']

function flags(descriptor: PropertyDescriptor | undefined): string {
  const { enumerable, configurable, writable } = descriptor ?? {}
  return `${enumerable} ${configurable} ${writable}`
}

export const shape: Cases = {
  'a new object has the initial values and no properties of its own': (t) => {
    const socket = construct(t.path('echo'))
    const { binaryType, bufferedAmount, extensions, protocol, readyState } = socket
    t.equal([binaryType, bufferedAmount, extensions, protocol, readyState], ['blob', 0, '', '', 0])
    const { onopen, onmessage, onerror, onclose } = socket
    t.equal([onopen, onmessage, onerror, onclose], [null, null, null, null])
    t.equal(Reflect.ownKeys(socket), [])
  },

  'its tag is WebSocket': (t) => {
    const socket = construct(t.path('echo'))
    t.equal(Object.prototype.toString.call(socket), '[object WebSocket]')
    t.equal(Object.prototype.toString.call(WebSocket.prototype), '[object WebSocket]')
    t.equal(
      flags(Object.getOwnPropertyDescriptor(WebSocket.prototype, Symbol.toStringTag)),
      'false true false',
    )
  },

  'its prototype is that of the constructor, whose constructor is the global': (t) => {
    const socket = construct(t.path('echo'))
    t.equal(Object.getPrototypeOf(socket) === WebSocket.prototype, true)
    t.equal(Object.getPrototypeOf(WebSocket.prototype) === EventTarget.prototype, true)
    t.equal(Object.getPrototypeOf(WebSocket) === EventTarget, true)
    t.equal(
      [socket.constructor === WebSocket, socket instanceof WebSocket, socket instanceof EventTarget],
      [true, true, true],
    )
    t.equal(flags(Object.getOwnPropertyDescriptor(WebSocket.prototype, 'constructor')), 'false true true')
  },

  'the constructor has the name, the length and the flags of Web IDL': (t) => {
    t.equal([WebSocket.name, WebSocket.length, typeof WebSocket], ['WebSocket', 1, 'function'])
    t.equal(Reflect.ownKeys(WebSocket), ['length', 'name', 'prototype', ...CONSTANTS])
    t.equal(flags(Object.getOwnPropertyDescriptor(WebSocket, 'prototype')), 'false false false')
    t.equal(flags(Object.getOwnPropertyDescriptor(WebSocket, 'name')), 'false true false')
    t.equal(flags(Object.getOwnPropertyDescriptor(WebSocket, 'length')), 'false true false')
    t.equal(Object.isExtensible(WebSocket), true)
  },

  'the prototype has what Web IDL says and nothing else': (t) => {
    const names = ['constructor', 'send', 'close', ...CONSTANTS, ...ATTRIBUTES, ...WRITABLE_ATTRIBUTES]
    const strings = Reflect.ownKeys(WebSocket.prototype).filter((key) => typeof key === 'string')
    t.equal(strings.sort(), names.sort())
    t.equal(Object.getOwnPropertySymbols(WebSocket.prototype).length, 1)
  },

  'the four constants are on the constructor and on the prototype, read-only': (t) => {
    CONSTANTS.forEach((name, value) => {
      for (const holder of [WebSocket, WebSocket.prototype]) {
        t.equal(Object.getOwnPropertyDescriptor(holder, name)?.value, value, name)
        t.equal(flags(Object.getOwnPropertyDescriptor(holder, name)), 'true false false', name)
      }
      t.equal(
        t.thrown(() => assign(WebSocket, name, 5)),
        'TypeError',
      )
    })
  },

  'attributes are enumerable accessors with named functions': (t) => {
    for (const name of [...ATTRIBUTES, ...WRITABLE_ATTRIBUTES]) {
      const descriptor = Object.getOwnPropertyDescriptor(WebSocket.prototype, name)
      t.equal(flags(descriptor), 'true true undefined', name)
      t.equal([descriptor?.get?.name, descriptor?.get?.length], [`get ${name}`, 0])
      const isWritable = WRITABLE_ATTRIBUTES.includes(name)
      t.equal(
        [descriptor?.set?.name, descriptor?.set?.length],
        isWritable ? [`set ${name}`, 1] : [undefined, undefined],
      )
      t.equal(Object.hasOwn(accessorOf(WebSocket.prototype, name).get ?? {}, 'prototype'), false)
    }
  },

  'send and close are enumerable methods that are not constructors': (t) => {
    for (const [name, length] of [
      ['send', 1],
      ['close', 0],
    ] as const) {
      const descriptor = Object.getOwnPropertyDescriptor(WebSocket.prototype, name)
      t.equal(flags(descriptor), 'true true true', name)
      const method = methodOf(WebSocket.prototype, name)
      t.equal([method.name, method.length, Object.hasOwn(method, 'prototype')], [name, length, false])
      t.equal(
        t.thrown(() => Reflect.construct(method, [])),
        'TypeError',
      )
    }
  },

  'functions show only native code': (t) => {
    const { prototype } = WebSocket
    const { get } = accessorOf(prototype, 'url')
    for (const method of [WebSocket, methodOf(prototype, 'send'), methodOf(prototype, 'close'), get]) {
      t.equal(/\{\s*\[native code\]\s*\}$/.test(Function.prototype.toString.call(method)), true)
    }
  },

  'every member throws TypeError for a foreign this': (t) => {
    for (const self of [
      {},
      WebSocket.prototype,
      new EventTarget(),
      Object.create(WebSocket.prototype) as object,
    ]) {
      for (const name of [...ATTRIBUTES, ...WRITABLE_ATTRIBUTES]) {
        const { get, set } = accessorOf(WebSocket.prototype, name)
        if (get) {
          t.equal(
            t.thrown(() => Reflect.apply(get, self, [])),
            'TypeError',
            name,
          )
        }
        if (set) {
          t.equal(
            t.thrown(() => Reflect.apply(set, self, [null])),
            'TypeError',
            name,
          )
        }
      }
      for (const method of [methodOf(WebSocket.prototype, 'send'), methodOf(WebSocket.prototype, 'close')]) {
        t.equal(
          t.thrown(() => Reflect.apply(method, self, ['a'])),
          'TypeError',
        )
      }
    }
  },

  'assigning a read-only attribute in strict code throws TypeError': (t) => {
    const socket = construct(t.path('echo'))
    for (const name of [...ATTRIBUTES, 'OPEN']) {
      t.equal(
        t.thrown(() => assign(socket, name, 5)),
        'TypeError',
        name,
      )
    }
    t.equal(Reflect.ownKeys(socket), [])
  },

  'binaryType accepts its two values and ignores all others': (t) => {
    const socket = construct(t.path('echo'))
    for (const [value, becomes] of [
      ['arraybuffer', 'arraybuffer'],
      ['bogus', 'arraybuffer'],
      ['Blob', 'arraybuffer'],
      [undefined, 'arraybuffer'],
      [{ toString: () => 'blob' }, 'blob'],
    ]) {
      assign(socket, 'binaryType', value)
      t.equal(socket.binaryType, becomes)
    }
    t.equal(
      t.thrown(() => assign(socket, 'binaryType', Symbol('blob'))),
      'TypeError',
    )
  },

  'it can be neither cloned nor transferred': (t) => {
    const socket = construct(t.path('echo'))
    const { port1 } = new MessageChannel()
    t.equal(
      t.thrown(() => structuredClone(socket)),
      'DataCloneError',
    )
    t.equal(
      t.thrown(() => structuredClone(socket, { transfer: [socket as unknown as Transferable] })),
      'DataCloneError',
    )
    t.equal(
      t.thrown(() => port1.postMessage({ socket })),
      'DataCloneError',
    )
  },

  'it accepts properties like any object, and becomes JSON like one': (t) => {
    const socket = construct(t.path('echo'))
    t.equal(JSON.stringify(socket), '{}')
    assign(socket, 'name', 'mine')
    t.equal([Object.keys(socket), Object.isFrozen(socket)], [['name'], false])
  },

  'for…in finds its members in the order of the prototype': (t) => {
    const socket = construct(t.path('echo'))
    const found: string[] = []
    for (const name in socket) found.push(name)
    const own = Object.keys(WebSocket.prototype)
    t.equal(found.slice(0, own.length), own)
    t.equal(found.includes('addEventListener'), true)
  },

  'a method put on the prototype is called on every socket': async (t) => {
    const send = methodOf(WebSocket.prototype, 'send') as WebSocket['send']
    const seen: unknown[] = []
    WebSocket.prototype.send = function (data) {
      seen.push(data)
      Reflect.apply(send, this, [data])
    }
    const socket = await t.open('echo')
    socket.send('spied on')
    const { data } = await t.next<MessageEvent>(socket, 'message')
    WebSocket.prototype.send = send
    t.equal([seen, data], [['spied on'], 'spied on'])
    socket.close()
  },
}
