/**
 * Globals that js-libp2p needs and Node 20 lacks. Must be imported before anything else, because some
 * packages look for them while they load. Node 20.20 has everything else that they use (`CustomEvent`,
 * `AbortSignal.any`, `findLast`).
 */
import { WebSocket } from 'ws'

/** `Promise.withResolvers` of ECMAScript 2024. */
function withResolvers<T>(): PromiseWithResolvers<T> {
  let resolve: ((value: T | PromiseLike<T>) => void) | undefined
  let reject: ((reason?: unknown) => void) | undefined
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  if (resolve === undefined || reject === undefined)
    throw new TypeError('the promise executor was not called synchronously')
  return { promise, resolve, reject }
}

/** Defines a missing global as a platform would: writable and not enumerable. */
function provide(target: object, name: string, value: unknown): void {
  if (name in target) return
  Object.defineProperty(target, name, { value, writable: true, configurable: true, enumerable: false })
}

provide(Promise, 'withResolvers', withResolvers)
provide(globalThis, 'WebSocket', WebSocket)
