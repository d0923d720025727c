import { DEFAULT_CLOSE_TIMEOUT_MS } from '../close-frame.ts'
import type { SocketCounters } from '../counters.ts'
import { createSocketCounters } from '../counters.ts'
import { createInterfacePrototype } from './prototype.ts'
import { OpenSockets } from './open-sockets.ts'
import type { OptionMembers } from './options.ts'
import { checkOptions, optionMembersOf, toOptions } from './options.ts'
import { PageSocket } from './page-socket.ts'
import type { PageSocketInit } from './page-socket.ts'
import { capturePlatform } from '../platform.ts'
import { TaskQueue } from '../task-queue.ts'
import { invalidProtocol, toUSVString } from './web-idl.ts'
import { DEFAULT_WINDOW_BYTES } from '../messages.ts'
import { outsideZones } from './zones.ts'

/** What {@link createWebSocketConstructor} needs. */
export interface WebSocketConstructorInit {
  /** The constructor that makes the sockets which are not ours; most often `globalThis.WebSocket`. */
  native: typeof WebSocket

  /** Whether a URL is ours. It is absolute, `ws:` or `wss:`, without a fragment, and the callee's own. Must not throw. */
  owns(url: URL): boolean

  /**
   * Called by the constructor for a URL that is ours: brings `port` to whoever calls `acceptWebSocket` on it. What came over
   * the port meanwhile waits in it. If this throws, the socket fails (`error` and close 1006), in a task as always.
   */
  open(request: { url: string; protocols: string[] }, port: MessagePort): void

  /** Bytes that the other end may send ahead of the page's `message` handlers: {@link DEFAULT_WINDOW_BYTES}. */
  maxWindowBytes?: number

  /**
   * Milliseconds that `close()` waits while the other end neither takes anything of what was sent before nor answers:
   * {@link DEFAULT_CLOSE_TIMEOUT_MS}. Then the page gets close 1006 without `error`, and what was not taken is lost.
   */
  closeTimeoutMs?: number

  /** What relative URLs are resolved against; `document.baseURI` by default, so that a worker has to give its own. */
  baseUrl?: () => string

  /** Where malformed port messages are counted; fresh counters by default. */
  counters?: SocketCounters
}

/** A constructor, and what its owner does to all its sockets. */
export interface WebSocketConstructor {
  /** To be put in the place of `globalThis.WebSocket`. */
  readonly WebSocket: typeof WebSocket

  /** Our sockets that are not CLOSED; the native ones are not counted. */
  readonly openSockets: number

  readonly counters: SocketCounters

  /**
   * Fails each of our sockets that is not CLOSED: it gets `error` and close 1006, in a task of its own. For a worker that
   * died. Sockets made afterwards are not touched.
   */
  failAll(): void

  /**
   * As `failAll`, but leaves those sockets to their closing handshake of which the page has sent all, and then the Close
   * frame. For a page that is frozen or goes into the back-forward cache.
   */
  failUnclosed(): void

  /** From now on no event is dispatched: for `pagehide`. What the page sends and closes still leaves it. */
  hold(): void

  /** Dispatches what was held, each event in a task of its own, and from then on all others again: for `pageshow`. */
  release(): void
}

/**
 * Makes a constructor that no page can tell from the browser's own: for a URL that is ours it makes a socket over a
 * MessagePort, for every other one it calls the native constructor, arguments converted once.
 *
 * It takes what it needs of the platform when it is called, so call it before any script of the page runs, once for each
 * realm (an iframe has its own). It changes nothing of the native class: its prototype is a copy of the native one that serves
 * sockets of both kinds, and a second constructor may be made of the first. What it throws is what the WHATWG WebSockets
 * standard says; an event of it has `isTrusted` false, as every event made by a script.
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

  /** The private field is the brand: only what was constructed here has it, whatever its prototype. */
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

  /** Null if the native constructor is to decide: the URL is not ours, or it throws. */
  function ownUrl(url: string): { href: string; origin: string } | null {
    const parsed = platform.parseUrl(url, baseUrl())
    return parsed !== undefined && init.owns(new URL(parsed.href)) ? parsed : null
  }

  let members: OptionMembers | undefined
  /** Asked for once, when a page first gives an object that only an options object could be. */
  function optionMembers(): OptionMembers {
    members ??= optionMembersOf(platform, native)
    return members
  }

  /** The prototype of what `newTarget` makes, as this engine chooses it; its `prototype` is read here, and only here. */
  function prototypeFor(newTarget: Function): object | null {
    const prototype = getPrototypeOf(construct(platform.EventTarget, [], newTarget) as object) as
      | object
      | null
    // What a newTarget without a prototype object of its own gets in Firefox is the class's.
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
  // In the native order: an engine may give a function its `prototype` only when that is first touched (Firefox).
  for (const key of ownKeys(native)) {
    const descriptor =
      key === 'prototype'
        ? { value: defaultPrototype, writable: false }
        : getOwnPropertyDescriptor(native, key)
    if (descriptor !== undefined) defineProperty(target, key, descriptor)
  }

  const constructor = new Proxy(target, {
    // Without `new`, and without arguments, the native constructor throws its own TypeError.
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
