/**
 * What js-libp2p expects of its platform and Node 20 lacks. It is imported before anything else: some of its packages look
 * for a global while they load. The rest of what they use (`CustomEvent`, `AbortSignal.any`, `findLast`) is there in 20.20.
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
    throw new TypeError('a promise calls its executor at once')
  return { promise, resolve, reject }
}

/** Defines what is not there, as a platform does: writable, and not among what is enumerated. */
function provide(target: object, name: string, value: unknown): void {
  if (name in target) return
  Object.defineProperty(target, name, { value, writable: true, configurable: true, enumerable: false })
}

provide(Promise, 'withResolvers', withResolvers)
provide(globalThis, 'WebSocket', WebSocket)
