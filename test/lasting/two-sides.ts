import { defaultLogger } from '@libp2p/logger'
import type { LastingLimits, LastingStream } from '../../src/lasting/index.ts'
import { LastingStreams } from '../../src/lasting/index.ts'
import { ManualLink, settle } from './manual-link.ts'

/** What one end of a stream has delivered, and how it ended. */
export class Reader {
  readonly stream: LastingStream
  readonly chunks: Uint8Array[] = []
  isEnded = false
  closed: { error: Error | undefined } | undefined

  constructor(stream: LastingStream) {
    this.stream = stream
    stream.addEventListener('message', ({ data }) => this.chunks.push(data.slice()))
    stream.addEventListener('remoteCloseWrite', () => (this.isEnded = true))
    stream.addEventListener('close', ({ error }) => (this.closed = { error }))
  }

  get bytes(): Uint8Array {
    return Uint8Array.from(this.chunks.flatMap((chunk) => Array.from(chunk)))
  }

  get text(): string {
    return new TextDecoder().decode(this.bytes)
  }
}

/** Two peers with lasting streams; the test makes the links between them. */
export class TwoSides {
  readonly links: ManualLink[] = []
  readonly accepted: Reader[] = []
  readonly dialer: LastingStreams
  readonly listener: LastingStreams
  /** What the next attempts to find a carrier return: a new link, or a failure while this is false. */
  isReachable = true
  /** Attempts to find a carrier. */
  attempts = 0

  constructor(limits: Partial<LastingLimits> = {}) {
    const side = (opensAs: 'dialer' | 'listener'): LastingStreams =>
      new LastingStreams({
        openCarrier: async (_peer, signal) => {
          signal.throwIfAborted()
          this.attempts += 1
          if (!this.isReachable) throw new Error('the peer cannot be reached')
          const link = this.link()
          this.#accept(opensAs, link)
          return link.dialer
        },
        log: defaultLogger().forComponent(`test:${opensAs}`),
        limits,
      })
    this.dialer = side('dialer')
    this.listener = side('listener')
  }

  link(): ManualLink {
    const link = new ManualLink()
    this.links.push(link)
    return link
  }

  /** A link whose other end the other side has accepted as a carrier. */
  carrier(from: 'dialer' | 'listener' = 'dialer'): ManualLink {
    const link = this.link()
    this.#accept(from, link)
    return link
  }

  async open(protocol = '/x/test'): Promise<{ dialer: Reader; listener: Reader; link: ManualLink }> {
    const link = this.carrier()
    const opening = this.dialer.open(link.dialer, 'listener', protocol)
    await link.flow()
    const dialer = new Reader(await opening)
    await link.flow()
    const listener = this.accepted.at(-1)
    if (listener === undefined) throw new Error('no stream was accepted')
    return { dialer, listener, link }
  }

  /** Delivers everything on all links until nothing moves. */
  async flow(): Promise<void> {
    for (;;) {
      await settle()
      if (this.links.every(({ dialer, listener }) => dialer.outbox.length + listener.outbox.length === 0))
        return
      for (const link of this.links) await link.flow()
    }
  }

  stop(): void {
    this.dialer.stop()
    this.listener.stop()
  }

  /** The listener's side accepts a carrier from another peer. */
  acceptAs(peer: string, link: ManualLink): void {
    this.#acceptOn(this.listener, peer, link)
  }

  #accept(from: 'dialer' | 'listener', link: ManualLink): void {
    if (from === 'dialer') this.#acceptOn(this.listener, 'dialer', link)
    else this.#acceptOn(this.dialer, 'listener', link)
  }

  #acceptOn(streams: LastingStreams, peer: string, link: ManualLink): void {
    streams.accept(link.listener, peer, (protocol) =>
      protocol.startsWith('/x/') ? (stream) => this.accepted.push(new Reader(stream)) : undefined,
    )
  }
}
