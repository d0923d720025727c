import { isPageCloseCode, MAX_REASON_BYTES } from '../close-frame.ts'
import type { PageSocket } from './page-socket.ts'
import { CONNECTING } from './page-socket.ts'
import type { Platform } from './platform.ts'
import { toClampedUnsignedShort, toDOMString, toUSVString } from './web-idl.ts'

type Arguments = ArrayLike<unknown>
type Operation = (socket: PageSocket, args: Arguments) => unknown
/** What an attribute does for our sockets. */
interface Attribute {
  get: (socket: PageSocket) => unknown
  set?: (socket: PageSocket, value: unknown) => void
}

function handlerAttribute(type: keyof PageSocket['handlers']): Attribute {
  return {
    get: (socket) => socket.handlers[type].value,
    set(socket, value) {
      socket.handlers[type].value = value
    },
  }
}

const ATTRIBUTES: Record<string, Attribute> = {
  url: { get: (socket) => socket.url },
  readyState: { get: (socket) => socket.readyState },
  bufferedAmount: { get: (socket) => socket.bufferedAmount },
  extensions: { get: () => '' },
  protocol: { get: (socket) => socket.protocol },
  onopen: handlerAttribute('open'),
  onmessage: handlerAttribute('message'),
  onerror: handlerAttribute('error'),
  onclose: handlerAttribute('close'),
  binaryType: {
    get: (socket) => socket.binaryType,
    set(socket, value) {
      const type = toDOMString(value)
      // Web IDL ignores an assignment of a value that isn't in the enumeration.
      if (type === 'blob' || type === 'arraybuffer') socket.binaryType = type
    },
  },
}

function send(platform: Platform, socket: PageSocket, args: Arguments): void {
  if (args.length === 0) {
    throw platform.typeError(
      "Failed to execute 'send' on 'WebSocket': 1 argument required, but only 0 present.",
    )
  }
  const value = args[0]
  const bytes = typeof value === 'object' ? platform.copyBytes(value) : undefined
  const size = typeof value === 'object' && bytes === undefined ? platform.blobSize(value) : undefined
  const text = bytes === undefined && size === undefined ? platform.encode(toDOMString(value)) : undefined
  if (socket.readyState === CONNECTING) {
    throw platform.exception(
      "Failed to execute 'send' on 'WebSocket': Still in CONNECTING state.",
      'InvalidStateError',
    )
  }
  const content = bytes ?? text
  if (content !== undefined) {
    const type = bytes === undefined ? 'text' : 'binary'
    socket.send({ type, byteLength: platform.byteLength(content), content })
  } else if (size !== undefined) {
    socket.send({ type: 'binary', byteLength: size, content: () => platform.blobBytes(value as Blob) })
  }
}

function close(platform: Platform, socket: PageSocket, args: Arguments): void {
  const code = args[0] === undefined ? undefined : toClampedUnsignedShort(args[0])
  const reason = args[1] === undefined ? '' : toUSVString(platform, args[1])
  if (code !== undefined && !isPageCloseCode(code)) {
    throw platform.exception(
      `Failed to execute 'close' on 'WebSocket': The close code must be either 1000, or between 3000 and 4999. ${code} is neither.`,
      'InvalidAccessError',
    )
  }
  if (platform.byteLength(platform.encode(reason)) > MAX_REASON_BYTES) {
    throw platform.exception(
      `Failed to execute 'close' on 'WebSocket': The close reason must not be greater than ${MAX_REASON_BYTES} UTF-8 bytes.`,
      'SyntaxError',
    )
  }
  socket.close(code, reason)
}

/**
 * Makes the `prototype` of our constructor: every property of the native one, in the same order and with the
 * same flags.
 *
 * Each function is a Proxy of the native function, so its name, its length and what it throws for a foreign
 * `this` are native. For an object that `socketOf` knows it runs our operation.
 */
export function createInterfacePrototype(
  platform: Platform,
  native: typeof WebSocket,
  socketOf: (value: unknown) => PageSocket | undefined,
): object {
  const { apply, ownKeys, defineProperty, getOwnPropertyDescriptor, getPrototypeOf } = Reflect
  const methods: Record<string, Operation> = {
    send: (socket, args) => send(platform, socket, args),
    close: (socket, args) => close(platform, socket, args),
  }

  /**
   * Wraps a native function. Leaves anything else alone, so that ours lacks the accessors that the native
   * class lacks.
   */
  function ours<F>(nativeFunction: F, operation: Operation | undefined): F {
    if (typeof nativeFunction !== 'function' || operation === undefined) return nativeFunction
    return new Proxy(nativeFunction, {
      apply(target, self: unknown, args: unknown[]): unknown {
        const socket = socketOf(self)
        return socket === undefined ? apply(target, self, args) : operation(socket, args)
      },
    })
  }

  const prototype = Object.create(getPrototypeOf(native.prototype)) as object
  for (const key of ownKeys(native.prototype)) {
    const descriptor = getOwnPropertyDescriptor(native.prototype, key)
    if (descriptor === undefined) continue
    const name = typeof key === 'string' ? key : ''
    const attribute = ATTRIBUTES[name]
    if (descriptor.get !== undefined && attribute !== undefined) {
      const { get, set } = attribute
      descriptor.get = ours(descriptor.get, get)
      const setValue = set && ((socket: PageSocket, args: Arguments): void => set(socket, args[0]))
      if (descriptor.set !== undefined) descriptor.set = ours(descriptor.set, setValue)
    } else if (Object.hasOwn(methods, name)) {
      descriptor.value = ours(descriptor.value as unknown, methods[name])
    }
    defineProperty(prototype, key, descriptor)
  }
  return prototype
}
