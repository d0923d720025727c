import type { Connection, Libp2p, PeerId } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { timeoutSignal } from '../timeouts.ts'
import { MAX_ANSWER_BYTES, RENDEZVOUS_PROTOCOL, REQUEST_TIMEOUT_MS } from './limits.ts'
import type { RendezvousAnswer, RendezvousRequest } from './messages.ts'
import { decodeRendezvous, encodeRendezvous } from './messages.ts'

/** A request that has an answer. */
export type Question = Exclude<RendezvousRequest, { type: 'unregister' }>

/** A peer that keeps registrations: another one, or this one. */
export interface RendezvousPoint {
  readonly id: string
  /** Rejects if there is no answer in time, or it is malformed. */
  ask(question: Question, signal: AbortSignal): Promise<RendezvousAnswer>
  /** Ends a registration. Rejects if that could not be sent. */
  unregister(namespace: string, signal: AbortSignal): Promise<void>
}

/** The rendezvous point that this peer itself is, as a service of js-libp2p. */
export interface OwnRendezvousPoint {
  /** Answers a request of this peer itself. */
  answerSelf(request: RendezvousRequest): Promise<RendezvousAnswer | undefined>
}

/** Returns this peer as a point for its own clients, because it can't dial itself. */
export function ownPoint(id: string, service: OwnRendezvousPoint): RendezvousPoint {
  return {
    id,
    ask: async (question) => {
      const answer = await service.answerSelf(question)
      if (answer === undefined) throw new Error(`no answer to ${question.type}`)
      return answer
    },
    unregister: async (namespace) => {
      await service.answerSelf({ type: 'unregister', namespace })
    },
  }
}

/** Another peer as a point. Each request has a stream of its own on the newest connection to it. */
export class RemotePoint implements RendezvousPoint {
  readonly id: string
  readonly #libp2p: Libp2p
  readonly #peer: PeerId

  constructor(libp2p: Libp2p, peer: PeerId) {
    this.id = peer.toString()
    this.#libp2p = libp2p
    this.#peer = peer
  }

  async ask(question: Question, signal: AbortSignal): Promise<RendezvousAnswer> {
    return await this.#with(signal, async (stream, within) => {
      const messages = lpStream(stream, { maxDataLength: MAX_ANSWER_BYTES })
      await messages.write(encodeRendezvous(question), { signal: within })
      const answer = decodeRendezvous((await messages.read({ signal: within })).subarray())
      if (answer.type !== 'registerResponse' && answer.type !== 'discoverResponse')
        throw new Error(`the answer is a ${answer.type}`)
      return answer
    })
  }

  async unregister(namespace: string, signal: AbortSignal): Promise<void> {
    await this.#with(signal, async (stream, within) => {
      await lpStream(stream).write(encodeRendezvous({ type: 'unregister', namespace }), { signal: within })
    })
  }

  async #with<T>(
    signal: AbortSignal,
    use: (stream: Awaited<ReturnType<Connection['newStream']>>, within: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const connection = this.#connection
    if (connection === undefined) throw new Error(`there is no connection to ${this.id}`)
    const within = AbortSignal.any([signal, timeoutSignal(REQUEST_TIMEOUT_MS)])
    const stream = await connection.newStream(RENDEZVOUS_PROTOCOL, { signal: within })
    try {
      const result = await use(stream, within)
      await stream.close({ signal: within })
      return result
    } catch (error) {
      stream.abort(error instanceof Error ? error : new Error(String(error)))
      throw error
    }
  }

  get #connection(): Connection | undefined {
    const [newest] = this.#libp2p
      .getConnections(this.#peer)
      .filter(({ status, limits }) => status === 'open' && limits === undefined)
      .toSorted((one, other) => other.timeline.open - one.timeline.open)
    return newest
  }
}
