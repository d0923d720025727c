import type { Lender } from '../../../src/rtc/index.ts'
import { createBorrowedRtc } from '../../../src/rtc/index.ts'
import { fuzzBorrowerIn } from './fuzz-cases.ts'
import { MeetingEnd } from './meeting.ts'
import { compare } from './native/index.ts'
import type { Comparison } from './native/index.ts'
import { runCase } from './suite/index.ts'
import { negotiate, next } from './suite/support.ts'

/** What a tab asks of this SharedWorker; the answer goes to `reply`. */
type Request =
  | { type: 'lender'; lock: string; port: MessagePort }
  | { type: 'lenders'; reply: MessagePort }
  | { type: 'lenders left'; count: number; reply: MessagePort }
  | { type: 'run'; title: string; reply: MessagePort }
  | { type: 'compare'; what: Comparison; reply: MessagePort }
  | { type: 'construct'; reply: MessagePort }
  | { type: 'fuzz'; reply: MessagePort }
  | { type: 'states'; reply: MessagePort }
  | { type: 'connect'; reply: MessagePort }
  | { type: 'fate'; reply: MessagePort }
  | { type: 'describe'; offer?: RTCSessionDescriptionInit; reply: MessagePort }
  | { type: 'accept'; answer: RTCSessionDescriptionInit; reply: MessagePort }
  | { type: 'exchange'; totalBytes: number; reply: MessagePort }
  | { type: 'close channels at once'; count: number; reply: MessagePort }
  | { type: 'end meeting'; reply: MessagePort }

const borrowed = createBorrowedRtc()
borrowed.install(globalThis)

/** The end of a meeting that this worker holds. */
let end: MeetingEnd | undefined

const lenders = new Map<string, Lender>()

/** As in a host: a tab's lock is released when the tab has gone, for whatever reason. */
function watch(lock: string, port: MessagePort): void {
  const lender = borrowed.addLender(port)
  lenders.set(lock, lender)
  void navigator.locks.request(lock, () => {
    lender.remove()
    lenders.delete(lock)
  })
}

/** Waits until the number of tabs that lend satisfies a condition, and returns it. */
async function changed(holds: () => boolean): Promise<number> {
  while (!holds()) {
    await new Promise<void>((resolve) => {
      borrowed.onlenderschange = resolve
    })
  }
  return borrowed.lenderCount
}

/** The outcome of a connection whose tab went away, recorded from `connect` on. */
let fate: Promise<object> = Promise.resolve({})

async function connect(): Promise<string> {
  const one = new RTCPeerConnection({ iceServers: [] })
  const two = new RTCPeerConnection({ iceServers: [] })
  one.onicecandidate = ({ candidate }) => void (candidate && two.addIceCandidate(candidate))
  two.onicecandidate = ({ candidate }) => void (candidate && one.addIceCandidate(candidate))
  const channel = one.createDataChannel('x')
  const opened = next(channel, 'open')
  await negotiate(one, two)
  await opened
  const events: string[] = []
  channel.addEventListener('error', ({ error }) => events.push(`error: ${error.message}`))
  channel.addEventListener('close', () => events.push('close'))
  const closed = next(one, 'connectionstatechange')
  const hanging = pendingOperation(one)
  fate = Promise.all([closed, next(channel, 'close'), hanging]).then(([, , pending]) => ({
    events,
    pending,
    states: [one.connectionState, one.iceConnectionState, one.signalingState, channel.readyState],
  }))
  return channel.readyState
}

/** The messages of the errors with which operations ended that were pending when the tab went away. */
async function pendingOperation(pc: RTCPeerConnection): Promise<string> {
  for (;;) {
    try {
      await pc.getStats()
    } catch (error) {
      return `${(error as DOMException).name}: ${(error as DOMException).message}`
    }
    if (pc.connectionState === 'closed') return 'none was pending'
  }
}

function construct(): string {
  try {
    new RTCPeerConnection().close()
    return 'made'
  } catch (error) {
    return `${(error as DOMException).name}: ${(error as DOMException).message}`
  }
}

async function answer(request: Request): Promise<unknown> {
  switch (request.type) {
    case 'lender':
      watch(request.lock, request.port)
      return undefined
    case 'lenders':
      return changed(() => borrowed.lenderCount >= lenders.size)
    case 'lenders left':
      return changed(() => borrowed.lenderCount <= request.count)
    case 'run':
      return runCase(request.title, borrowed, borrowed)
    case 'compare':
      return compare(request.what)
    case 'fuzz':
      return fuzzBorrowerIn(borrowed).then(
        () => 'ok',
        (error: unknown) => String((error as Error).stack ?? error),
      )
    case 'states':
      return [...lenders.values()].map(({ report }) => report.state)
    case 'construct':
      return construct()
    case 'connect':
      return connect()
    case 'fate':
      return fate
    case 'describe':
      end = new MeetingEnd(borrowed, request.offer === undefined)
      return end.describe(request.offer)
    case 'accept':
      return end?.accept(request.answer)
    case 'exchange':
      return end?.exchange(request.totalBytes)
    case 'close channels at once':
      return end?.closeChannelsAtOnce(request.count)
    case 'end meeting':
      return end?.close()
    default:
      return request satisfies never
  }
}

globalThis.addEventListener('connect', (event) => {
  const [port] = (event as MessageEvent).ports
  port?.addEventListener('message', ({ data }: MessageEvent<Request>) => {
    void answer(data).then((value) => {
      if ('reply' in data) data.reply.postMessage(value)
    })
  })
  port?.start()
})
