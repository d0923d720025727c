import { sequenceOf } from './sequence.ts'
import { getter, setter, uncurried } from './uncurried.ts'
import { outsideZones } from './zones.ts'

/**
 * The parts of the platform that the page's socket uses, captured before any script of the page can replace
 * them.
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

  /**
   * Whether the window of this realm shows another document, or its frame was removed: no event is dispatched
   * there any more.
   */
  isGone(): boolean

  /** `Reflect.apply` */
  readonly apply: (method: Function, self: unknown, args: ArrayLike<unknown>) => unknown
  /** `Reflect.construct` */
  readonly construct: (constructor: Function, args: ArrayLike<unknown>, newTarget?: Function) => unknown
  /** `new Proxy(target, handler)` */
  proxy<T extends object>(target: T, handler: ProxyHandler<T>): T
  /** `Object.create(null)` */
  emptyObject(): Record<string, unknown>
  /** `new DOMException(message, name)` */
  exception(message: string, name: string): DOMException
  typeError(message: string): TypeError
  /** Returns the `name` of a DOMException; undefined for anything else. */
  exceptionName(value: unknown): unknown

  channel(): { near: MessagePort; far: MessagePort }
  /** Posts a message and transfers the buffer, if there is one. */
  post(port: MessagePort, message: unknown, buffer?: ArrayBuffer): void
  /**
   * Starts the port and calls `listener` with the data of each message, or null if it can't be deserialized.
   * Returns what stops it.
   */
  receive(port: MessagePort, listener: (data: unknown) => void): () => void
  readonly closePort: (port: MessagePort) => void

  /** Starts a timer and returns the function that stops it. */
  delay(ms: number, callback: () => void): () => void

  blob(data: ArrayBuffer): Blob
  /** Returns the size of a Blob; undefined for anything else. */
  blobSize(value: unknown): number | undefined
  readonly blobBytes: (blob: Blob) => Promise<ArrayBuffer>
  /**
   * Copies the bytes of an ArrayBuffer or a view; undefined for anything else. Throws TypeError if they are
   * shared or resizable.
   */
  copyBytes(value: unknown): ArrayBuffer | undefined

  readonly byteLength: (buffer: ArrayBuffer) => number

  /** Encodes as UTF-8; lone surrogates become U+FFFD. */
  encode(text: string): ArrayBuffer
  decode(data: ArrayBuffer): string

  /**
   * Parses a URL; `http` becomes `ws`, `https` becomes `wss`. Undefined if it is invalid, has another scheme
   * than these, or has a fragment.
   */
  parseUrl(url: string, base: string): { href: string; origin: string } | undefined
}

/** Captures the platform of the realm in which this module runs. */
export function capturePlatform(): Platform {
  const { Event, MessageEvent, CloseEvent, DOMException, TypeError, MessageChannel, Blob, URL } = globalThis
  const { ArrayBuffer, Uint8Array, EventTarget, DataView, Proxy, setTimeout, clearTimeout } = globalThis
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

  const { apply, construct } = Reflect
  const { create } = Object
  const nameOf = getter(DOMException.prototype, 'name')
  const { document } = globalThis as { document?: Document }
  // `document.location` is null once the window no longer shows the document.
  const locationOf = document === undefined ? undefined : getter(document, 'location')

  /** Calls a getter of the platform; undefined if it throws, as it does for an object of another class. */
  function attempt(get: (self: unknown) => unknown, value: unknown): unknown {
    try {
      return get(value)
    } catch {
      return undefined
    }
  }

  function isSharedBuffer(value: unknown): boolean {
    try {
      // Accepts only buffers. Pages that may not share memory have no SharedArrayBuffer class to check
      // against.
      return views.data.buffer(new DataView(value as ArrayBuffer)) === value
    } catch {
      return false
    }
  }

  function copy(buffer: ArrayBuffer, offset: number, length: number): ArrayBuffer {
    const target = new ArrayBuffer(length)
    // A detached buffer has length 0, and no view of it can be made.
    if (length > 0) setBytes(new Uint8Array(target), new Uint8Array(buffer, offset, length))
    return target
  }

  function demandFixed(buffer: unknown): void {
    if (attempt(lengthOfBuffer, buffer) === undefined) throw new TypeError('Shared memory cannot be sent')
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
    isGone: () => locationOf?.(document) === null,
    apply,
    construct: (constructor, args, newTarget = constructor) =>
      construct(constructor, args, newTarget) as unknown,
    proxy: (target, handler) => new Proxy(target, handler),
    emptyObject: () => create(null) as Record<string, unknown>,
    exception: (message, name) => new DOMException(message, name),
    typeError: (message) => new TypeError(message),
    exceptionName: (value) => attempt(nameOf, value),
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
      const timer = outsideZones(() => setTimeout(callback, ms))
      return () => clearTimeout(timer)
    },
    blob: (data) => new Blob(sequenceOf<BlobPart>([data]) as BlobPart[]),
    blobSize: (value) => attempt(sizeOf, value) as number | undefined,
    blobBytes: uncurried(Blob.prototype, 'arrayBuffer'),
    copyBytes(value) {
      // Views first: asking one whether it is a buffer costs 4 µs, because the getter throws.
      if (!isView(ArrayBuffer, value)) {
        const length = attempt(lengthOfBuffer, value)
        if (length === undefined && !isSharedBuffer(value)) return undefined
        demandFixed(value)
        return copy(value as ArrayBuffer, 0, length as number)
      }
      const view = typedArrayTag(value) === undefined ? views.data : views.typed
      const buffer = view.buffer(value) as ArrayBuffer
      demandFixed(buffer)
      // The length of a DataView over a detached buffer throws.
      if (lengthOfBuffer(buffer) === 0) return new ArrayBuffer(0)
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
      // The default ports are the same, so only the scheme changes.
      if (protocol === 'http:') setProtocol(parsed, 'ws:')
      else if (protocol === 'https:') setProtocol(parsed, 'wss:')
      else if (protocol !== 'ws:' && protocol !== 'wss:') return undefined
      const href = hrefOf(parsed) as string
      // `hash` is empty for an empty fragment too.
      return includes(href, '#') ? undefined : { href, origin: originOf(parsed) as string }
    },
  }
}
