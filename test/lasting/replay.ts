import { defaultLogger } from '@libp2p/logger'
import { Carrier } from '../../src/lasting/carrier.ts'
import { LastingRefusedError } from '../../src/lasting/errors.ts'
import { LastingStream } from '../../src/lasting/lasting-stream.ts'
import { Quota } from '../../src/lasting/quota.ts'
import { ManualLink, settle } from './manual-link.ts'
import type { Action, Side } from './model.ts'
import { Reader } from './two-sides.ts'

const ID = new Uint8Array(16).fill(7)
const other = (side: Side): Side => (side === 'a' ? 'b' : 'a')

/** A {@link ManualLink} between the sides of the model: the side that opened it has the dialer's end. */
interface Link {
  link: ManualLink
  opener: Side
  isCut: boolean
}

interface End {
  stream: LastingStream
  reader: Reader
  written: Uint8Array
}

/**
 * A real pair of lasting streams that performs the actions of a model's trace, and checks the invariants
 * after each.
 */
export class Replay {
  readonly ends: Record<Side, End>
  readonly #links: Link[] = []

  private constructor() {
    const { link } = this.#link('a')
    const end = (side: Side): End => {
      const stream = new LastingStream({
        id: ID,
        name: '07'.repeat(16),
        direction: side === 'a' ? 'outbound' : 'inbound',
        protocol: '/x/test',
        carrier: new Carrier(side === 'a' ? link.dialer : link.listener, ignore, 'named'),
        // Every byte is acknowledged immediately, as in the model.
        sendLimit: 4,
        windowBytes: 4,
        quota: new Quota(Infinity),
        minBytes: 4,
        maxBytes: 4,
        log: defaultLogger().forComponent(`test:${side}`),
        budgetBytes: () => Infinity,
        maxWindowBytes: () => 4,
        interrupted: () => undefined,
        carried: () => undefined,
        carrierLost: () => undefined,
        ended: () => undefined,
      })
      return { stream, reader: new Reader(stream), written: new Uint8Array() }
    }
    this.ends = { a: end('a'), b: end('b') }
  }

  /** An open stream with nothing in flight. */
  static async start(): Promise<Replay> {
    const replay = new Replay()
    replay.ends.a.stream.confirm()
    for (const { link } of replay.#links) await link.flow()
    return replay
  }

  async do(action: Action): Promise<void> {
    switch (action.do) {
      case 'write': {
        const end = this.ends[action.side]
        const next = Uint8Array.of((action.side === 'a' ? 100 : 200) + end.written.byteLength)
        end.written = Uint8Array.of(...end.written, ...next)
        if (end.stream.writeStatus === 'writable') end.stream.send(next)
        break
      }
      case 'close':
        this.ends[action.side].stream.close().catch(() => undefined)
        break
      case 'abort':
        this.ends[action.side].stream.abort(new Error('aborted by the test'))
        break
      case 'give up':
        this.ends[action.side].stream.fail(new Error('given up by the test'))
        break
      case 'ask':
        void this.#ask(action.side)
        break
      case 'deliver':
        this.#deliver(action.carrier, action.from)
        break
      case 'cut': {
        const one = this.#linkOf(action.carrier)
        one.isCut = true
        one.link.dialer.outbox.length = 0
        one.link.listener.outbox.length = 0
        break
      }
      case 'notice':
        this.#notice(action.carrier, action.side)
        break
      default:
        action satisfies never
    }
    await settle()
    this.#check()
  }

  /**
   * Heals everything: cut links are noticed, interrupted streams are resumed, frames in flight are delivered.
   */
  async heal(): Promise<void> {
    for (let round = 0; round < 12; round += 1) {
      for (let hasMoved = true; hasMoved;) {
        hasMoved = false
        for (const [index, { isCut }] of this.#links.entries()) {
          for (const side of ['a', 'b'] as const) {
            if (isCut) this.#notice(index, side)
            else if (this.#deliver(index, side)) hasMoved = true
          }
        }
        await settle()
        hasMoved ||= this.#links.some(
          ({ link, isCut }) => !isCut && link.dialer.outbox.length + link.listener.outbox.length > 0,
        )
      }
      this.#check()
      const interrupted = (['a', 'b'] as const).find(
        (side) => this.ends[side].stream.end === undefined && this.ends[side].stream.carrier === undefined,
      )
      if (interrupted === undefined) return
      void this.#ask(interrupted)
      await settle()
    }
  }

  #link(opener: Side): Link {
    const one = { link: new ManualLink(), opener, isCut: false }
    this.#links.push(one)
    return one
  }

  #linkOf(index: number): Link {
    const one = this.#links[index]
    if (one === undefined) throw new Error(`there is no carrier ${index}`)
    return one
  }

  #endOf(index: number, side: Side): 'dialer' | 'listener' {
    return this.#linkOf(index).opener === side ? 'dialer' : 'listener'
  }

  /** As `LastingStreams` does at both ends. */
  async #ask(side: Side): Promise<void> {
    const { link } = this.#link(side)
    const target = this.ends[other(side)].stream
    const carrier = new Carrier(
      link.listener,
      {
        ...ignore,
        read: (_, frame) => {
          if (frame.type !== 'resume') throw new Error(`a carrier begins with ${frame.type}`)
          const ended = target.end === 'finished' ? 'finished' : 'unknown-stream'
          const refusal = target.end === undefined ? target.resumeFrom(carrier, frame) : ended
          if (refusal === undefined) return
          carrier.send({ type: 'refused', reason: refusal })
          carrier.close()
        },
      },
      'accepted',
    )
    const { stream } = this.ends[side]
    const wasInterrupted = stream.carrier === undefined
    try {
      await stream.resumeOn(link.dialer, new AbortController().signal)
    } catch (error) {
      if (!(error instanceof LastingRefusedError) || !wasInterrupted || stream.carrier !== undefined) return
      if (error.reason === 'finished') stream.finishByWord()
      else if (error.reason === 'unknown-stream') stream.fail(error)
    }
  }

  #deliver(index: number, from: Side): boolean {
    const one = this.#linkOf(index)
    return !one.isCut && one.link.deliver(this.#endOf(index, from))
  }

  #notice(index: number, side: Side): void {
    const one = this.#linkOf(index)
    const end = one.link[this.#endOf(index, side)]
    if (one.isCut) end.onTransportClosed()
    // The other side has closed it, which arrives after what it had sent.
    else while (end.status === 'open' && this.#deliver(index, other(side)));
  }

  #check(): void {
    for (const side of ['a', 'b'] as const) {
      const { reader } = this.ends[side]
      const { written, stream } = this.ends[other(side)]
      const { bytes } = reader
      if (bytes.byteLength > written.byteLength || bytes.some((byte, index) => byte !== written[index])) {
        throw new Error(`${side} read ${bytes.join(' ')} where ${written.join(' ')} was written`)
      }
      const isWhole = bytes.byteLength === written.byteLength && stream.writeStatus !== 'writable'
      if (reader.isEnded && !isWhole) throw new Error(`${side} received an end before the end`)
    }
  }
}

const ignore = {
  read: () => undefined,
  readAll: () => undefined,
  drained: () => undefined,
  lost: () => undefined,
}
