import { createWebSocketConstructor } from '../../../../src/websocket/index.ts'
import { sequenceOf } from '../../../../src/websocket/page/sequence.ts'
import { getter, setter } from '../../../../src/websocket/page/uncurried.ts'

/**
 * Creates a constructor, then breaks everything that a page can break, then uses it. The result becomes the
 * title of the page, which a test reads from an isolated world.
 */
const worker = new Worker('/echo-worker.js')
const post = Worker.prototype.postMessage.bind(worker) as (
  message: unknown,
  transfer: Iterable<MessagePort>,
) => void

const { WebSocket } = createWebSocketConstructor({
  native: globalThis.WebSocket,
  owns: (url) => pathOf(url) !== '/not-ours',
  open: (_request, port) => post(null, sequenceOf([port])),
})

const pathOf = getter(URL.prototype, 'pathname')
const setTitle = setter(Document.prototype, 'title')
const dataOf = getter(MessageEvent.prototype, 'data')
const text = new Blob(['of a blob'])
const bytes = new Uint8Array([1, 2, 3])

const { defineProperty, getOwnPropertyDescriptor } = Object
const { ownKeys } = Reflect

function breakOne(holder: object, key: PropertyKey): void {
  const name = typeof key === 'string' ? key : 'a symbol'
  const broken = (): never => {
    throw new Error(`the page broke ${name}`)
  }
  const descriptor = getOwnPropertyDescriptor(holder, key)
  if (descriptor?.configurable !== true || key === 'constructor') return
  if (typeof descriptor.value === 'function') defineProperty(holder, key, { value: broken })
  else if (descriptor.get !== undefined) defineProperty(holder, key, { get: broken })
}

/** Every method and every getter. */
function breakAll(holder: object): void {
  const keys = ownKeys(holder)
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index]
    if (key !== undefined) breakOne(holder, key)
  }
}

const HOLDERS = [
  EventTarget.prototype,
  MessagePort.prototype,
  MessageEvent.prototype,
  Blob.prototype,
  URL.prototype,
  TextEncoder.prototype,
  TextDecoder.prototype,
  ArrayBuffer.prototype,
  Object.getPrototypeOf(Uint8Array.prototype) as object,
  DataView.prototype,
  Map.prototype,
  Set.prototype,
  WeakMap.prototype,
  Promise.prototype,
  String.prototype,
  Number.prototype,
  Array.prototype,
  Function.prototype,
  ArrayBuffer,
  Array,
  Number,
  Object,
  Reflect,
]
const GLOBALS = (
  'Event MessageEvent CloseEvent MessageChannel Blob URL TextEncoder TextDecoder ArrayBuffer Uint8Array DOMException ' +
  'TypeError EventTarget Proxy Set Map Number Array Object Reflect Promise String setTimeout clearTimeout reportError Symbol'
).split(' ')
for (let index = 0; index < HOLDERS.length; index++) breakAll(HOLDERS[index] ?? {})
for (let index = 0; index < GLOBALS.length; index++) breakOne(globalThis, GLOBALS[index] ?? '')

// The server refuses it, because it is the browser's own; but it was constructed.
new WebSocket('/not-ours', 'chat').close()

let seen = ''
let count = 0
const socket = new WebSocket('/anything', 'chat')
socket.onopen = () => {
  seen += `open ${socket.protocol}`
  socket.send('é')
  socket.send(bytes)
  socket.send(text)
}
socket.onmessage = (event) => {
  const data = dataOf(event)
  seen += typeof data === 'string' ? ` ${data}` : ' bytes'
  count += 1
  if (count === 3) socket.close(4000, 'bye')
}
socket.onclose = () => {
  seen += ` closed ${socket.readyState} ${socket.bufferedAmount}`
  setTitle(document, seen)
}
