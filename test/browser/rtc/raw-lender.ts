import type { BorrowedRtc, LendOptions, LentWebRTC } from '../../../src/rtc/index.ts'
import { createBorrowedRtc, lendWebRTC } from '../../../src/rtc/index.ts'
import { next } from './suite/support.ts'

export const PUMP = '/rtc-pump.js'

/** Waits until so many tabs are able to lend. */
export async function able(borrowed: BorrowedRtc, count: number): Promise<void> {
  while (borrowed.lenderCount !== count) {
    await new Promise<void>((resolve) => {
      borrowed.onlenderschange = resolve
    })
  }
}

/** A set of borrowed classes with this tab as its only lender, and the function that ends it. */
export async function borrow(options: Partial<LendOptions> = {}): Promise<{
  borrowed: BorrowedRtc
  lent: LentWebRTC
  remove: (reason?: string) => void
}> {
  const { port1, port2 } = new MessageChannel()
  const borrowed = createBorrowedRtc()
  const lender = borrowed.addLender(port1)
  const lent = lendWebRTC(port2, { pump: PUMP, ...options })
  await able(borrowed, 1)
  return { borrowed, lent, remove: (reason) => lender.remove(reason) }
}

/** A message of the lender that has not been validated. */
export type Message = Record<string, unknown>

/** A lender's port by hand: posts anything, and waits for a message of a type. */
export class Raw {
  readonly port: MessagePort
  readonly got: Message[] = []

  constructor(port: MessagePort) {
    this.port = port
    port.addEventListener('message', ({ data }: MessageEvent<Message>) => this.got.push(data))
    port.start()
  }

  /** The first message that matches, of those that have arrived or will; rejects with what it waited for. */
  async wait(what: string, holds: (message: Message) => boolean): Promise<Message> {
    const present = this.got.find(holds)
    if (present !== undefined) return present
    return new Promise((resolve, reject) => {
      const end = new AbortController()
      const timer = setTimeout(() => {
        end.abort()
        reject(new Error(`waited 20000 ms for ${what}`))
      }, 20_000)
      const listener = ({ data }: MessageEvent<Message>): void => {
        if (!holds(data)) return
        clearTimeout(timer)
        end.abort()
        resolve(data)
      }
      this.port.addEventListener('message', listener, { signal: end.signal })
    })
  }

  async waitFor(type: string): Promise<Message> {
    return this.wait(`a message ${type}`, (message) => message['type'] === type)
  }
}

/** The parameters of a connection and a channel, as they are posted. */
export const CONFIGURATION = {
  iceServers: [],
  iceTransportPolicy: 'all',
  bundlePolicy: 'balanced',
  rtcpMuxPolicy: 'require',
  iceCandidatePoolSize: 0,
  certificates: [],
}

export const CHANNEL_INIT = {
  ordered: true,
  maxPacketLifeTime: null,
  maxRetransmits: null,
  protocol: '',
  negotiated: true,
  id: 1,
}

/** A channel of a lent connection whose borrower is the test, open to a connection of the page's own. */
export async function rawChannel(
  port: MessagePort,
): Promise<{ raw: Raw; channel: Raw; native: RTCDataChannel; nativePc: RTCPeerConnection }> {
  const raw = new Raw(port)
  const nativePc = new RTCPeerConnection({ iceServers: [] })
  const native = nativePc.createDataChannel('x', { negotiated: true, id: 1 })
  const opened = next(native, 'open')
  port.postMessage({ type: 'create', pc: 0, configuration: CONFIGURATION })
  const data = new MessageChannel()
  const channel = new Raw(data.port1)
  await raw.waitFor('created')
  port.postMessage({ type: 'channel', pc: 0, label: 'x', init: CHANNEL_INIT, port: data.port2 }, [data.port2])
  let calls = 0
  const call = async (operation: object): Promise<Message> => {
    const number = calls
    calls += 1
    port.postMessage({ type: 'call', pc: 0, call: number, operation })
    return raw.wait('a result', (message) => message['type'] === 'result' && message['call'] === number)
  }
  nativePc.onicecandidate = ({ candidate }) => {
    if (candidate !== null) void call({ type: 'addIceCandidate', candidate: candidate.toJSON() })
  }
  await nativePc.setLocalDescription()
  const { type, sdp = '' } = nativePc.localDescription ?? {}
  await call({ type: 'setRemoteDescription', description: { type, sdp } })
  await call({ type: 'setLocalDescription', description: null })
  // The last candidate is null, and the description then contains all of them.
  const { state } = await raw.wait('the end of the candidates', (message) => {
    const { event } = message as { event?: { type: string; candidate?: unknown } }
    return event?.type === 'icecandidate' && event.candidate === null
  })
  const { currentLocalDescription } = state as { currentLocalDescription: RTCSessionDescriptionInit }
  await nativePc.setRemoteDescription(currentLocalDescription)
  await opened
  await channel.waitFor('open')
  return { raw, channel, native, nativePc }
}
