import type { StreamStatus } from '../../src/status/index.ts'
import { until } from '../support/until.ts'
import type { ChurnPeer } from './churn-peer.ts'
import type { Progress } from './page-entry.ts'
import { Stalls } from './stalls.ts'

/** The protocol of the two transfers that last for the whole run, and of those that are begun meanwhile. */
export const PROTOCOL = '/x/churn'
/** The transfers in both directions, by their number. */
const LASTING = [0, 1] as const
/** Bytes of a short transfer. */
const SHORT_BYTES = 200_000
/** Bytes that must arrive after a loss before the next one. */
const PROGRESS_BYTES = 200_000
const TIMEOUT_MS = 60_000

interface LossInit {
  kind: string
  /** Ends what carries the connections. */
  end: () => Promise<void>
  /** How the bytes must travel afterwards, before the next loss. */
  after: StreamStatus['path']
}

/** Two transfers, one in each direction, and what has happened to what carries them. */
export class ChurnRun {
  readonly #peers: readonly [ChurnPeer, ChurnPeer]
  readonly #stalls = new Map<string, Stalls>()
  readonly #all = new Stalls()
  #losses = 0
  #shorts = 0

  constructor(peers: readonly [ChurnPeer, ChurnPeer]) {
    this.#peers = peers
  }

  /** Losses that at least one of the transfers has noticed. */
  get losses(): number {
    return this.#losses
  }

  /** The stalls after each kind of loss: the longest time without an arrival, for each transfer. */
  get stalls(): Record<string, Stalls['distribution']> {
    const all = [...this.#stalls, ['all', this.#all] as const]
    return Object.fromEntries(all.map(([kind, stalls]) => [kind, stalls.distribution]))
  }

  /** Begins both transfers, each to the addresses that its receiver has now. */
  async begin(transfer: { seed: number; bytes: number; lastsMs: number }, addrs: string[][]): Promise<void> {
    for (const id of LASTING) {
      await this.#send(id, { ...transfer, seed: transfer.seed + id }, addrs[1 - id] ?? [])
      // The second one may need the link of the first.
      await until('the first bytes', async () => ((await this.#received())[id]?.bytes ?? 0) > 0)
    }
  }

  /** Ends what carries the transfers, and waits until they go on. Counts nothing if neither was carried. */
  async lose({ kind, end, after }: LossInit): Promise<void> {
    const before = await this.#carriers()
    const sinceMs = Date.now()
    await end()
    await this.#beginShorts()
    const had = await this.#received()
    await until(
      `progress after: ${kind}`,
      async () =>
        (await this.#received()).every(
          ({ bytes, hash }, id) => hash !== undefined || bytes > (had[id]?.bytes ?? 0) + PROGRESS_BYTES,
        ),
      TIMEOUT_MS,
    )
    await this.carriedBy(after)
    const now = await this.#carriers()
    const moved = LASTING.filter((id) => before[id] !== now[id])
    if (moved.length > 0) this.#losses += 1
    for (const id of moved) {
      const stallMs = await this.#longestStallMs(id, sinceMs)
      const stalls = this.#stalls.get(kind) ?? new Stalls()
      this.#stalls.set(kind, stalls)
      stalls.add(stallMs)
      this.#all.add(stallMs)
    }
  }

  /** Waits until both transfers travel this way, at both ends. */
  async carriedBy(path: StreamStatus['path']): Promise<void> {
    await until(
      `the path ${path}`,
      async () => {
        const streams = await Promise.all(this.#peers.map(async (peer) => peer.streams(PROTOCOL)))
        return streams.every((own) => own.length >= 2 && own.every((stream) => stream.path === path))
      },
      TIMEOUT_MS,
    )
  }

  /** The peer ID of the circuit relay that carries a transfer. */
  async circuitRelay(): Promise<string | undefined> {
    const [carrier] = await this.#carriers()
    const { peer } = await this.#peers[0].status()
    return peer?.connections.find(({ id }) => id === carrier)?.relay
  }

  /** Whether everything has arrived. */
  async isOver(): Promise<boolean> {
    return (await this.#received()).every(({ hash }) => hash !== undefined)
  }

  /** What both ends know of each transfer, once all have ended or wait for nothing. */
  async outcomes(): Promise<{ id: number; sent: Progress; received: Progress | undefined }[]> {
    return await until(
      'the ends of all transfers',
      async () => {
        const progress = await this.#progress()
        const outcomes = progress.flatMap(({ sent }, end) => {
          const received = new Map(progress[1 - end]?.received)
          return sent.map(([id, state]) => ({ id, sent: state, received: received.get(id) }))
        })
        return outcomes.every(({ sent }) => sent.refused !== undefined || sent.answer !== undefined)
          ? outcomes
          : undefined
      },
      TIMEOUT_MS,
    )
  }

  async #send(
    id: number,
    transfer: { seed: number; bytes: number; lastsMs: number },
    addrs: string[],
  ): Promise<void> {
    const [from, to] = id % 2 === 0 ? this.#peers : this.#peers.toReversed()
    await from?.home.evaluate(
      (target, protocol, what) => void churn.send(target, protocol, what),
      { peer: to?.id ?? '', addrs },
      PROTOCOL,
      { id, ...transfer },
    )
  }

  /** Begins a short transfer in each direction, in the middle of a loss. */
  async #beginShorts(): Promise<void> {
    for (const end of LASTING) {
      this.#shorts += 1
      await this.#send(2 * this.#shorts + end, { seed: this.#shorts, bytes: SHORT_BYTES, lastsMs: 0 }, [])
    }
  }

  async #progress(): Promise<{ sent: [number, Progress][]; received: [number, Progress][] }[]> {
    return await Promise.all(this.#peers.map(async ({ home }) => home.evaluate(() => churn.progress())))
  }

  /** What has arrived of both transfers. */
  async #received(): Promise<Progress[]> {
    const progress = await this.#progress()
    return LASTING.map((id) => new Map(progress[1 - id]?.received).get(id) ?? { bytes: 0 })
  }

  /** The IDs of the libp2p connections that carry both transfers, at the first peer. */
  async #carriers(): Promise<(string | undefined)[]> {
    const streams = await this.#peers[0].streams(PROTOCOL)
    // The first ones are those that last.
    return (['outbound', 'inbound'] as const).map(
      (wanted) => streams.find(({ direction }) => direction === wanted)?.connection,
    )
  }

  async #longestStallMs(id: 0 | 1, sinceMs: number): Promise<number> {
    const stalls = await this.#peers[id === 0 ? 1 : 0].home.evaluate(
      (number, ms) => churn.stallsOf(number, ms),
      id,
      sinceMs,
    )
    return Math.max(0, ...stalls.map(([fromMs, toMs]) => toMs - Math.max(fromMs, sinceMs)))
  }
}
