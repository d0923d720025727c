import type { AbortOptions, Logger } from '@libp2p/interface'
import { defaultLogger } from '@libp2p/logger'
import type { SendResult } from '@libp2p/utils'
import { AbstractStream } from '@libp2p/utils'
import type { Uint8ArrayList } from 'uint8arraylist'

type Packet = { kind: 'data'; bytes: Uint8Array } | { kind: 'fin' } | { kind: 'reset' }

/** How many bytes a link accepts before it tells its sender to wait. */
const LINK_BYTES = 262_144

let number = 0

/** One end of a {@link ManualLink}: a libp2p stream whose packets move only when the test says so. */
export class ManualStream extends AbstractStream {
  /** What has been sent and not delivered. */
  readonly outbox: Packet[] = []
  /** Everything that was ever sent, as it was cut into packets. */
  readonly sent: Uint8Array[] = []
  #outboxBytes = 0

  constructor(direction: 'inbound' | 'outbound', log: Logger) {
    super({ id: `manual-${number++}`, protocol: '/lasting/1.0.0', direction, log })
  }

  override sendData(data: Uint8ArrayList): SendResult {
    const bytes = data.slice()
    this.outbox.push({ kind: 'data', bytes })
    this.sent.push(bytes)
    this.#outboxBytes += bytes.byteLength
    return { sentBytes: bytes.byteLength, canSendMore: this.#outboxBytes < LINK_BYTES }
  }

  override sendReset(): void {
    this.outbox.push({ kind: 'reset' })
  }

  override sendPause(): void {
    this.log.trace('paused')
  }

  override sendResume(): void {
    this.log.trace('resumed')
  }

  override async sendCloseWrite(_options?: AbortOptions): Promise<void> {
    this.outbox.push({ kind: 'fin' })
  }

  override async sendCloseRead(): Promise<void> {
    this.log.trace('read side closed')
  }

  take(): Packet | undefined {
    const packet = this.outbox.shift()
    if (packet?.kind === 'data') this.#outboxBytes -= packet.bytes.byteLength
    if (this.writableNeedsDrain && this.#outboxBytes < LINK_BYTES) this.onMuxerDrain()
    return packet
  }
}

/** A stream between two peers, as libp2p's link carries it, whose ends the test controls. */
export class ManualLink {
  readonly dialer: ManualStream
  readonly listener: ManualStream

  constructor(log: Logger = defaultLogger().forComponent('test:link')) {
    this.dialer = new ManualStream('outbound', log)
    this.listener = new ManualStream('inbound', log)
  }

  /** Delivers the next packet from one end to the other; false if there is none. */
  deliver(from: 'dialer' | 'listener'): boolean {
    const [source, target] = from === 'dialer' ? [this.dialer, this.listener] : [this.listener, this.dialer]
    const packet = source.take()
    if (packet === undefined) return false
    if (packet.kind === 'data') target.onData(packet.bytes)
    else if (packet.kind === 'fin') target.onRemoteCloseWrite()
    else if (target.status === 'open') target.onRemoteReset()
    return true
  }

  /** Delivers everything in both directions, and everything that is sent in response. */
  async flow(): Promise<void> {
    for (;;) {
      await settle()
      const moved = [this.deliver('dialer'), this.deliver('listener')]
      if (!moved.includes(true)) {
        await settle()
        if (this.dialer.outbox.length + this.listener.outbox.length === 0) return
      }
    }
  }

  /** Cuts the link; only the named sides notice. What is in flight is lost. */
  cut(...noticedBy: ('dialer' | 'listener')[]): void {
    this.dialer.outbox.length = 0
    this.listener.outbox.length = 0
    const sides = noticedBy.length === 0 ? (['dialer', 'listener'] as const) : noticedBy
    for (const side of sides) this[side].onTransportClosed()
  }
}

/** Lets everything run that needs no packet: microtasks, and the tasks that are due. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}
