import { sequenceOf } from './sequence.ts'
import { getter, setter, uncurried } from './uncurried.ts'

/**
 * What the page's socket uses of the platform, taken once, before any script of the page can replace it: a page that patches
 * its globals later changes nothing here. The objects are those of the realm whose globals are read.
 */
export interface Platform {
  /** The class that every WebSocket extends. */
  readonly EventTarget: typeof EventTarget
  readonly dispatch: (target: EventTarget, event: Event) => unknown
  readonly listen: (target: EventTarget, type: string, listener: (event: Event) => void) => void
  readonly unlisten: (target: EventTarget, type: string, listener: (event: Event) => void) => void
  event(type: string): Event
  messageEvent(data: unknown, origin: string): Event
  closeEvent(code: number, reason: string, wasClean: boolean): Event

  /** `Reflect.apply` */
  readonly apply: (method: Function, self: unknown, args: ArrayLike<unknown>) => unknown
  /** `new DOMException(message, name)` */
  exception(message: string, name: string): DOMException
  typeError(message: string): TypeError

  channel(): { near: MessagePort; far: MessagePort }
  /** Posts a message, and transfers the buffer if there is one. */
  post(port: MessagePort, message: unknown, buffer?: ArrayBuffer): void
  /** Starts the port and calls with the data of every message, null for one that could not be read; gives what stops that. */
  receive(port: MessagePort, listener: (data: unknown) => void): () => void
  readonly closePort: (port: MessagePort) => void

  /** A timer, and the function that stops it. */
  delay(ms: number, callback: () => void): () => void

  blob(data: ArrayBuffer): Blob
  /** A Blob's size; undefined for anything else. */
  blobSize(value: unknown): number | undefined
  readonly blobBytes: (blob: Blob) => Promise<ArrayBuffer>
  /** A copy of the bytes of an ArrayBuffer or a view; undefined for anything else. TypeError if shared or resizable. */
  copyBytes(value: unknown): ArrayBuffer | undefined

  readonly byteLength: (buffer: ArrayBuffer) => number

  /** UTF-8; a lone surrogate becomes U+FFFD. */
  encode(text: string): ArrayBuffer
  decode(data: ArrayBuffer): string

  /** Undefined if it cannot be parsed, or has a scheme other than `ws`, `wss`, `http` and `https`, or a fragment. `http` becomes `ws`. */
  parseUrl(url: string, base: string): { href: string; origin: string } | undefined
}

/** Takes the platform of the realm in which this module runs, as it is at this moment. */
export function capturePlatform(): Platform {
  const { Event, MessageEvent, CloseEvent, DOMException, TypeError, MessageChannel, Blob, URL } = globalThis
  const { ArrayBuffer, Uint8Array, EventTarget, DataView, setTimeout, clearTimeout } = globalThis
  const isView = uncurried(ArrayBuffer, 'isView')
  const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object

  const addEventListener = uncurried(EventTarget.prototype, 'addEventListener')
  const removeEventListener = uncurried(EventTarget.prototype, 'removeEventListener')
  const postMessage = uncurried(MessagePort.prototype, 'postMessage') as (
    port: MessagePort,
    message: unknown,
    transfer?: Iterable<ArrayBuffer>,
  ) => void
  const startPort = uncurried(MessagePort.prototype, 'start')
  const dataOf = getter(MessageEvent.prototype, 'data')

  const sizeOf = getter(Blob.prototype, 'size')
  const lengthOfBuffer = getter(ArrayBuffer.prototype, 'byteLength')
  const resizable = getter(ArrayBuffer.prototype, 'resizable')
  const views = {
    typed: {
      buffer: getter(typedArray, 'buffer'),
      offset: getter(typedArray, 'byteOffset'),
      length: getter(typedArray, 'byteLength'),
    },
    data: {
      buffer: getter(DataView.prototype, 'buffer'),
      offset: getter(DataView.prototype, 'byteOffset'),
      length: getter(DataView.prototype, 'byteLength'),
    },
  }
  const typedArrayTag = getter(typedArray, Symbol.toStringTag)
  const setBytes = uncurried(Uint8Array.prototype, 'set')

  const encoder = new TextEncoder()
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  const encodeText = uncurried(TextEncoder.prototype, 'encode')
  const decodeText = uncurried(TextDecoder.prototype, 'decode')

  const hrefOf = getter(URL.prototype, 'href')
  const originOf = getter(URL.prototype, 'origin')
  const protocolOf = getter(URL.prototype, 'protocol')
  const setProtocol = setter(URL.prototype, 'protocol')
  const includes = uncurried(String.prototype, 'includes')

  /** The length of an ArrayBuffer that may be sent; undefined for what is none. */
  function bufferLength(value: unknown): number | undefined {
    try {
      return lengthOfBuffer(value) as number
    } catch {
      return undefined
    }
  }

  function copy(buffer: ArrayBuffer, offset: number, length: number): ArrayBuffer {
    const target = new ArrayBuffer(length)
    // A detached buffer has length 0, and no view of it can be made.
    if (length > 0) setBytes(new Uint8Array(target), new Uint8Array(buffer, offset, length))
    return target
  }

  function demandFixed(buffer: unknown): void {
    if (bufferLength(buffer) === undefined) throw new TypeError('The view is of shared memory')
    if (resizable(buffer) === true) throw new TypeError('The buffer is resizable')
  }

  return {
    EventTarget,
    dispatch: uncurried(EventTarget.prototype, 'dispatchEvent'),
    listen: (target, type, listener) => addEventListener(target, type, listener),
    unlisten: (target, type, listener) => removeEventListener(target, type, listener),
    event: (type) => new Event(type),
    messageEvent: (data, origin) => new MessageEvent('message', { data, origin }),
    closeEvent: (code, reason, wasClean) => new CloseEvent('close', { code, reason, wasClean }),
    apply: Reflect.apply,
    exception: (message, name) => new DOMException(message, name),
    typeError: (message) => new TypeError(message),
    channel() {
      const { port1: near, port2: far } = new MessageChannel()
      return { near, far }
    },
    post(port, message, buffer) {
      if (buffer === undefined) postMessage(port, message)
      else postMessage(port, message, sequenceOf([buffer]))
    },
    receive(port, listener) {
      const listening = (event: Event): void => listener(dataOf(event))
      addEventListener(port, 'message', listening)
      addEventListener(port, 'messageerror', listening)
      startPort(port)
      return () => {
        removeEventListener(port, 'message', listening)
        removeEventListener(port, 'messageerror', listening)
      }
    },
    closePort: uncurried(MessagePort.prototype, 'close'),
    delay(ms, callback) {
      const timer = setTimeout(callback, ms)
      return () => clearTimeout(timer)
    },
    blob: (data) => new Blob(sequenceOf<BlobPart>([data]) as BlobPart[]),
    blobSize(value) {
      try {
        return sizeOf(value) as number
      } catch {
        return undefined
      }
    },
    blobBytes: uncurried(Blob.prototype, 'arrayBuffer'),
    copyBytes(value) {
      // Views first: to ask one of them whether it is a buffer costs 4 µs, as the getter throws.
      if (!isView(ArrayBuffer, value)) {
        const length = bufferLength(value)
        if (length === undefined) return undefined
        demandFixed(value)
        return copy(value as ArrayBuffer, 0, length)
      }
      const view = typedArrayTag(value) === undefined ? views.data : views.typed
      const buffer = view.buffer(value) as ArrayBuffer
      demandFixed(buffer)
      return copy(buffer, view.offset(value) as number, view.length(value) as number)
    },
    byteLength: (buffer) => lengthOfBuffer(buffer) as number,
    encode(text) {
      const bytes = encodeText(encoder, text)
      const buffer = views.typed.buffer(bytes) as ArrayBuffer
      const length = views.typed.length(bytes) as number
      return length === lengthOfBuffer(buffer) ? buffer : copy(buffer, 0, length)
    },
    decode: (data) => decodeText(decoder, data),
    parseUrl(url, base) {
      let parsed: URL
      try {
        parsed = new URL(url, base)
      } catch {
        return undefined
      }
      const protocol = protocolOf(parsed)
      // `http` becomes `ws`; what is the default port of the one is that of the other.
      if (protocol === 'http:') setProtocol(parsed, 'ws:')
      else if (protocol === 'https:') setProtocol(parsed, 'wss:')
      else if (protocol !== 'ws:' && protocol !== 'wss:') return undefined
      const href = hrefOf(parsed) as string
      // `hash` does not tell an empty fragment from none.
      return includes(href, '#') ? undefined : { href, origin: originOf(parsed) as string }
    },
  }
}
