import { DEFAULT_CLOSE_TIMEOUT_MS } from '../close-frame.ts'
import type { SocketCounters } from '../counters.ts'
import { createSocketCounters } from '../counters.ts'
import { createInterfacePrototype } from './prototype.ts'
import { OpenSockets } from './open-sockets.ts'
import type { OptionMembers } from './options.ts'
import { checkOptions, optionMembersOf, toOptions } from './options.ts'
import { PageSocket } from './page-socket.ts'
import type { PageSocketInit } from './page-socket-init.ts'
import { capturePlatform } from './platform.ts'
import { TaskQueue } from './task-queue.ts'
import { invalidProtocol, toUSVString } from './web-idl.ts'
import { DEFAULT_WINDOW_BYTES } from '../messages.ts'
import { outsideZones } from './zones.ts'

/** What {@link createWebSocketConstructor} needs. */
export interface WebSocketConstructorInit {
  /** The constructor for all other URLs; usually `globalThis.WebSocket`. */
  native: typeof WebSocket

  /**
   * Whether our sockets serve this URL: absolute, `ws:` or `wss:`, without a fragment; the callee may keep
   * it. Must not throw.
   */
  owns(url: URL): boolean

  /**
   * Called by the constructor for a URL that `owns` accepts: sends `port` to the code that calls
   * `acceptWebSocket` on it. Messages wait in the port until then. If this throws, the socket fails with
   * `error` and close 1006, in a task of its own.
   */
  open(request: { url: string; protocols: string[] }, port: MessagePort): void

  /**
   * Bytes that the server's end may send ahead of the page's `message` handlers; default {@link
   * DEFAULT_WINDOW_BYTES}.
   */
  maxWindowBytes?: number

  /**
   * Milliseconds that `close()` waits while the server's end neither handles what was sent before nor
   * answers; default {@link DEFAULT_CLOSE_TIMEOUT_MS}. Then the page gets close 1006 without `error`, and
   * messages that were not handled are lost.
   */
  closeTimeoutMs?: number

  /**
   * Returns the base of relative URLs; default `document.baseURI`. Required in a worker, which has no
   * document.
   */
  baseUrl?: () => string

  /** Where malformed port messages are counted; default new counters. */
  counters?: SocketCounters
}

/** A constructor, and control over all its sockets. */
export interface WebSocketConstructor {
  /** Put this in place of `globalThis.WebSocket`. */
  readonly WebSocket: typeof WebSocket

  /** The number of our sockets that are not CLOSED. */
  readonly openSockets: number

  readonly counters: SocketCounters

  /**
   * Fails every socket of ours that is not CLOSED with `error` and close 1006, each in a task of its own.
   * Call it when the worker has died. Sockets that are made later are not affected.
   */
  failAll(): void

  /**
   * Does the same, except for sockets whose Close frame has been sent: they finish their closing handshake.
   * Call it when the page is frozen or enters the back-forward cache.
   */
  failUnclosed(): void

  /**
   * Stops dispatching events, for `pagehide`. What the page sends still leaves it, and it can close sockets.
   */
  hold(): void

  /** Dispatches the events that were held, each in a task of its own, and resumes, for `pageshow`. */
  release(): void
}

/**
 * Makes a WebSocket constructor that serves some URLs over a MessagePort and leaves all others to the native
 * constructor. A page can't tell it from the browser's own, except that its events have `isTrusted` false,
 * like every event that a script makes.
 *
 * It captures the platform when it is called, so call it before any script of the page runs, once for each
 * realm (an iframe has its own). The native class is not changed: the prototype is a copy of the native one
 * that serves sockets of both kinds. You can pass the result as `native` to make another constructor on top.
 * It throws what the WHATWG WebSockets standard says.
 */
export function createWebSocketConstructor(init: WebSocketConstructorInit): WebSocketConstructor {
  const platform = capturePlatform()
  const { native } = init
  const { construct, apply, ownKeys, defineProperty, getOwnPropertyDescriptor } = Reflect
  const { getPrototypeOf, setPrototypeOf } = Object
  const { URL, reportError } = globalThis
  const tasks = new TaskQueue(platform)
  const counters = init.counters ?? createSocketCounters()
  const windowBytes = init.maxWindowBytes ?? DEFAULT_WINDOW_BYTES
  const closeTimeoutMs = init.closeTimeoutMs ?? DEFAULT_CLOSE_TIMEOUT_MS
  const baseUrl = init.baseUrl ?? (() => document.baseURI)
  const sockets = new OpenSockets()

  /** Its private field is the brand: only objects constructed here have it, whatever their prototype. */
  class Branded extends platform.EventTarget {
    readonly #socket: PageSocket

    constructor(socketInit: PageSocketInit) {
      super()
      this.#socket = new PageSocket(this, socketInit)
    }

    static socketOf(this: void, value: unknown): PageSocket | undefined {
      return typeof value === 'object' && value !== null && #socket in value ? value.#socket : undefined
    }
  }
  const { socketOf } = Branded
  const defaultPrototype = createInterfacePrototype(platform, native, socketOf)

  /** Returns null if the native constructor decides, because the URL is not ours or is invalid. */
  function ownUrl(url: string): { href: string; origin: string } | null {
    const parsed = platform.parseUrl(url, baseUrl())
    return parsed !== undefined && init.owns(new URL(parsed.href)) ? parsed : null
  }

  let members: OptionMembers | undefined
  /** Looked up once, when a page first passes an object that could be an options object. */
  function optionMembers(): OptionMembers {
    members ??= optionMembersOf(platform, native)
    return members
  }

  /**
   * Returns the prototype that this engine gives to what `newTarget` makes. Only this reads
   * `newTarget.prototype`, as a page can observe.
   */
  function prototypeFor(newTarget: Function): object | null {
    const prototype = getPrototypeOf(construct(platform.EventTarget, [], newTarget) as object) as
      | object
      | null
    // Firefox uses the class's prototype if `newTarget.prototype` is not an object.
    return prototype === platform.EventTarget.prototype ? defaultPrototype : prototype
  }

  function constructOurs(own: { href: string; origin: string }, protocols: string[]): object {
    const invalid = invalidProtocol(protocols)
    if (invalid !== undefined) {
      throw platform.exception(
        `Failed to construct 'WebSocket': The subprotocol '${invalid}' is invalid or offered twice.`,
        'SyntaxError',
      )
    }
    const { near, far } = platform.channel()
    const instance = new Branded({
      platform,
      tasks,
      counters,
      url: own.href,
      origin: own.origin,
      protocols,
      port: near,
      windowBytes,
      closeTimeoutMs,
      ended: () => sockets.remove(socket),
    })
    const socket = socketOf(instance) as PageSocket
    sockets.add(socket)
    try {
      init.open({ url: own.href, protocols }, far)
    } catch (error) {
      socket.fail()
      reportError(error)
    }
    return instance
  }

  const target = function () {} as unknown as typeof WebSocket
  setPrototypeOf(target, getPrototypeOf(native) as object)
  // In the native order: Firefox defines a function's `prototype` only when it is first accessed.
  for (const key of ownKeys(native)) {
    const descriptor =
      key === 'prototype'
        ? { value: defaultPrototype, writable: false }
        : getOwnPropertyDescriptor(native, key)
    if (descriptor !== undefined) defineProperty(target, key, descriptor)
  }

  const constructor = new Proxy(target, {
    // The native constructor throws its own TypeError without `new` or without arguments.
    apply: (_target, self: unknown, args: unknown[]): unknown => apply(native, self, args),
    construct(_target, args: unknown[], newTarget: Function): object {
      if (args.length === 0) return construct(native, args, newTarget) as object
      const prototype = prototypeFor(newTarget)
      const url = toUSVString(platform, args[0])
      const options = toOptions(platform, optionMembers, args[1])
      const own = outsideZones(() => ownUrl(url))
      if (own !== null) checkOptions(platform, native, options)
      const socket =
        own === null
          ? (construct(
              native,
              args.length > 2 ? [url, options.forNative, args[2]] : [url, options.forNative],
            ) as object)
          : outsideZones(() => constructOurs(own, options.protocols))
      setPrototypeOf(socket, prototype)
      return socket
    },
  })
  defineProperty(defaultPrototype, 'constructor', { value: constructor })

  return {
    WebSocket: constructor,
    counters,
    get openSockets() {
      return sockets.size
    },
    failAll() {
      sockets.forEach((socket) => socket.fail())
    },
    failUnclosed() {
      sockets.forEach((socket) => socket.failUnclosed())
    },
    hold: () => tasks.hold(),
    release: () => tasks.release(),
  }
}
