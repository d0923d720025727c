import { delegatedRoutingV1HttpApiClientPeerRouting } from '@helia/delegated-routing-v1-http-api-client'
import type { Startable } from '@libp2p/interface'
import { isStartable, peerRoutingSymbol } from '@libp2p/interface'
import type { DelegatedStatus } from '../../status/index.ts'
import { DelegatedFailures } from '../libp2p/delegated-failures.ts'
import type { ServiceFactory } from '../peer-init.ts'
import type { DelegatedRouting } from './delegated-service.ts'

/** Milliseconds that an endpoint has to answer. */
const TIMEOUT_MS = 10_000

/** Returns a delegated routing endpoint as one of the services of `createLibp2p`. `url` is its base URL. */
export function delegatedRouting(url: string): ServiceFactory {
  return ({ logger }) => {
    const status: DelegatedStatus = { url, answered: 0, failed: 0 }
    const failures = new DelegatedFailures()
    const router = delegatedRoutingV1HttpApiClientPeerRouting({
      url: url.endsWith('/') ? url : `${url}/`,
      timeout: TIMEOUT_MS,
      // A lookup needs the peer's current addresses.
      cacheTTL: 0,
    })({ logger: failures.observe(logger) })
    const service: DelegatedRouting & Record<typeof peerRoutingSymbol, unknown> = {
      get [peerRoutingSymbol]() {
        return service
      },
      get delegatedStatus() {
        return { ...status }
      },
      async findPeer(peer, options) {
        try {
          return await router.findPeer(peer, options)
        } finally {
          count(status, failures.take(), options?.signal)
        }
      },
      async *getClosestPeers(key, options) {
        try {
          yield* router.getClosestPeers(key, options)
        } finally {
          count(status, failures.take(), options?.signal)
        }
      },
    }
    return Object.assign(service, {
      start: () => startable(router).start(),
      stop: () => startable(router).stop(),
    })
  }
}

/** Counts one request. A request that its caller aborted says nothing about the endpoint. */
function count(status: DelegatedStatus, failure: string | undefined, signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) return
  if (failure === undefined) {
    status.answered += 1
    delete status.lastError
  } else {
    status.failed += 1
    status.lastError = { atMs: Date.now(), message: failure }
  }
}

/** Narrows the client to a {@link Startable}, which its type omits. */
function startable(router: object): Startable {
  if (!isStartable(router))
    throw new Error('@helia/delegated-routing-v1-http-api-client has changed: it cannot be started')
  return router
}
