import { delegatedRoutingV1HttpApiClientPeerRouting } from '@helia/delegated-routing-v1-http-api-client'
import type { ComponentLogger, Logger, Startable } from '@libp2p/interface'
import { isStartable, peerRoutingSymbol } from '@libp2p/interface'
import type { DelegatedStatus } from '../../status/index.ts'
import type { DelegatedRouting } from './delegated-service.ts'
import { messageOf } from '../log.ts'
import type { ServiceFactory } from '../peer.ts'

/** Milliseconds that an endpoint may take to answer. */
const TIMEOUT_MS = 10_000

/** The endpoint at `url`, for `createLibp2p`'s services. */
export function delegatedRouting(url: string): ServiceFactory {
  return ({ logger }) => {
    const answers = new Answers(url)
    const router = delegatedRoutingV1HttpApiClientPeerRouting({
      url: url.endsWith('/') ? url : `${url}/`,
      timeout: TIMEOUT_MS,
      // Who asks for a peer wants to know where it is now.
      cacheTTL: 0,
    })({ logger: answers.hearing(logger) })
    const counting: DelegatedRouting & Record<typeof peerRoutingSymbol, unknown> = {
      get [peerRoutingSymbol]() {
        return counting
      },
      get delegatedStatus() {
        return answers.status
      },
      async findPeer(peer, options) {
        try {
          return await router.findPeer(peer, options)
        } finally {
          answers.ended(options?.signal)
        }
      },
      async *getClosestPeers(key, options) {
        try {
          yield* router.getClosestPeers(key, options)
        } finally {
          answers.ended(options?.signal)
        }
      },
    }
    return Object.assign(counting, {
      start: () => startable(router).start(),
      stop: () => startable(router).stop(),
    })
  }
}

/** The client is to be started with the peer, though its type does not say so. */
function startable(router: object): Startable {
  if (!isStartable(router))
    throw new Error('the client of delegated routing has changed: it cannot be started')
  return router
}

/** What went wrong with a question, as the client's log has it. */
interface Heard {
  message: string
  /** It is the status of an answer, and nothing else has been said of that yet. */
  isStatus: boolean
}

/**
 * What an endpoint has answered. The client gives no peers where a request has failed, as where nobody knows the peer, and tells
 * the difference to its log alone: there it is heard.
 */
class Answers {
  readonly #status: DelegatedStatus
  /** Of questions that have not ended yet: each of them takes one away. */
  readonly #heard: Heard[] = []

  constructor(url: string) {
    this.#status = { url, answered: 0, failed: 0 }
  }

  get status(): DelegatedStatus {
    return { ...this.#status }
  }

  /** A question has ended, which each does once. One that the asker has given up says nothing of the endpoint. */
  ended(signal: AbortSignal | undefined): void {
    const failure = this.#heard.shift()
    if (signal?.aborted === true) return
    if (failure === undefined) {
      this.#status.answered += 1
      delete this.#status.lastError
    } else {
      this.#status.failed += 1
      this.#status.lastError = { atMs: Date.now(), message: failure.message }
    }
  }

  hearing(logger: ComponentLogger): ComponentLogger {
    return { forComponent: (name) => this.#logOf(logger.forComponent(name)) }
  }

  #logOf(log: Logger): Logger {
    const heard = (format: unknown, ...values: unknown[]): void => {
      if (format === 'HTTP/1.1 %d %s') this.#hearStatus(Number(values[0]))
      log(format, ...values)
    }
    return Object.assign(heard, log, {
      error: (format: unknown, ...values: unknown[]) => {
        if (String(format).includes(' errored - ')) this.#hearError(values[0])
        log.error(format, ...values)
      },
    })
  }

  #hearStatus(status: number): void {
    // 404 is how an endpoint says that nobody is known.
    if (status >= 400 && status !== 404) this.#heard.push({ message: `it answers ${status}`, isStatus: true })
  }

  /** The body of a bad answer is none that can be read: that is the same failure. */
  #hearError(error: unknown): void {
    const status = this.#heard.find(({ isStatus }) => isStatus)
    if (status === undefined) this.#heard.push({ message: wordsOf(error), isStatus: false })
    else status.isStatus = false
  }
}

function wordsOf(error: unknown): string {
  const name = error instanceof Error ? error.name : ''
  if (name === 'TimeoutError') return 'it does not answer'
  // Of what `fetch` cannot do a browser tells no more than that, and each in words of its own.
  if (name === 'TypeError') return 'it cannot be reached, or does not let this site ask'
  return messageOf(error).split('\n')[0] ?? ''
}
