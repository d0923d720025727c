import type { ChannelDescription } from '../messages/messages.ts'
import type { SendLimits } from './send-queue.ts'
import type { RTCError } from '../standard/rtc-error.ts'
import type { BorrowedChannelInit } from './borrowed-channel-init.ts'
import { BorrowedDataChannel, controlOf } from './borrowed-data-channel.ts'

/**
 * Data channels of one connection. A further one of the other peer is closed; a further one of this side
 * throws.
 */
export const DEFAULT_MAX_CHANNELS = 1024

/** What all channels of one connection have in common. */
export interface ChannelSetInit extends Pick<
  BorrowedChannelInit,
  'messagesPerTask' | 'maxMessageSize' | 'missesEarlyClose' | 'settled' | 'ignored'
> {
  sendLimits: SendLimits
}

/** The channels of one borrowed connection that are not closed. */
export class ChannelSet {
  readonly #init: ChannelSetInit
  readonly #channels = new Set<BorrowedDataChannel>()

  constructor(init: ChannelSetInit) {
    this.#init = init
  }

  get isFull(): boolean {
    return this.#channels.size >= DEFAULT_MAX_CHANNELS
  }

  /** Whether a channel is known to use this ID. */
  hasId(id: number): boolean {
    return [...this.#channels].some((channel) => channel.id === id)
  }

  /** Makes a channel over `port`; it receives nothing until its control's `start` is called. */
  add(
    description: ChannelDescription,
    readyState: 'connecting' | 'open',
    port: MessagePort,
  ): BorrowedDataChannel {
    const channel = new BorrowedDataChannel({
      ...this.#init,
      description,
      readyState,
      port,
      ended: () => this.#channels.delete(channel),
    })
    this.#channels.add(channel)
    return channel
  }

  /** Closes all channels immediately, because the connection was closed on this side. */
  abandon(): void {
    for (const channel of this.#channels) controlOf(channel).abandon()
  }

  /** Ends all channels with this error. Resolves when each has dispatched its last event. */
  async lose(reason: RTCError): Promise<void> {
    const controls = [...this.#channels].map((channel) => controlOf(channel))
    for (const control of controls) control.lose(reason)
    await Promise.all(controls.map(async ({ over }) => over))
  }
}
