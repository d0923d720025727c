import type { Side } from './suite/support.ts'
import { next, sha256 } from './suite/support.ts'

/**
 * What one end of a meeting has seen. If the announced hash equals that of the received bytes, every byte
 * arrived.
 */
export interface Meeting {
  states: [connection: string, channel: string]
  received: { bytes: number; isWhole: boolean }
}

const GREETING = 'hello'
/** The bytes of one message, as js-libp2p sends them. */
const MESSAGE_BYTES = 16_384
/** How many bytes the channel may hold before the sender waits for it. */
const MAX_BUFFERED_BYTES = 1_048_576

/**
 * One end of a connection whose other end is in another browser. The test carries complete descriptions with
 * all candidates between them.
 */
export class MeetingEnd {
  readonly #pc: RTCPeerConnection
  readonly #offers: boolean
  readonly #channel: Promise<RTCDataChannel>
  readonly #greeted: Promise<unknown>
  readonly #received: Promise<Meeting['received']>

  constructor(side: Side, offers: boolean) {
    this.#pc = new side.RTCPeerConnection({ iceServers: [] })
    const channel = offers
      ? Promise.resolve(this.#pc.createDataChannel('meeting'))
      : next<RTCDataChannelEvent>(this.#pc, 'datachannel').then((event) => event.channel)
    this.#offers = offers
    this.#greeted = offers ? channel : channel.then(greeted)
    this.#received = channel.then(receive)
    this.#channel = channel.then(opened)
  }

  /** The offer, or the answer to one, with its candidates. */
  async describe(offer?: RTCSessionDescriptionInit): Promise<RTCSessionDescriptionInit> {
    if (offer !== undefined) await this.#pc.setRemoteDescription(offer)
    await this.#pc.setLocalDescription()
    while (this.#pc.iceGatheringState !== 'complete') await next(this.#pc, 'icegatheringstatechange')
    const { type, sdp } = this.#pc.localDescription ?? {}
    if (type === undefined || sdp === undefined) throw new Error('there is no local description')
    return { type, sdp }
  }

  async accept(answer: RTCSessionDescriptionInit): Promise<void> {
    await this.#pc.setRemoteDescription(answer)
  }

  /**
   * Sends random bytes and their hash, and receives what the other end sends. The end that created the
   * channel sends a greeting first, and the other one waits for it, because a Firefox loses messages that
   * arrive before its channel is open.
   */
  async exchange(totalBytes: number): Promise<Meeting> {
    const channel = await this.#channel
    if (this.#offers) channel.send(GREETING)
    await this.#greeted
    const sent = new Uint8Array(totalBytes)
    for (let start = 0; start < totalBytes; start += MESSAGE_BYTES) {
      const message = crypto.getRandomValues(sent.subarray(start, start + MESSAGE_BYTES))
      if (channel.bufferedAmount > MAX_BUFFERED_BYTES) await next(channel, 'bufferedamountlow')
      channel.send(message)
    }
    channel.send(await sha256(sent))
    const received = await this.#received
    return { states: [this.#pc.connectionState, channel.readyState], received }
  }

  /**
   * Makes channels one after the other, and closes each as soon as it is open; returns how many fired close.
   * A new channel never has the number of one whose closing the other end has not confirmed.
   */
  async closeChannelsAtOnce(count: number): Promise<number> {
    for (let index = 0; index < count; index += 1) {
      const channel = this.#pc.createDataChannel('closed at once')
      await next(channel, 'open')
      channel.close()
      await next(channel, 'close')
    }
    return count
  }

  close(): void {
    this.#pc.close()
  }
}

async function opened(channel: RTCDataChannel): Promise<RTCDataChannel> {
  channel.bufferedAmountLowThreshold = MAX_BUFFERED_BYTES / 2
  if (channel.readyState === 'connecting') await next(channel, 'open')
  return channel
}

async function greeted(channel: RTCDataChannel): Promise<void> {
  await next(channel, 'message')
}

async function receive(channel: RTCDataChannel): Promise<Meeting['received']> {
  channel.binaryType = 'arraybuffer'
  const chunks: ArrayBuffer[] = []
  const hash = await new Promise<string>((resolve) => {
    channel.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer | string>) => {
      if (data === GREETING) return
      if (typeof data === 'string') resolve(data)
      else chunks.push(data)
    })
  })
  const whole = new Uint8Array(await new Blob(chunks).arrayBuffer())
  return { bytes: whole.byteLength, isWhole: (await sha256(whole)) === hash }
}
