import { createBorrowedRtc, lendWebRTC } from '../../../src/rtc/index.ts'
import type { BorrowedRtc, LentWebRTC } from '../../../src/rtc/index.ts'
import { faultCases } from './fault-cases.ts'
import { fuzzCases } from './fuzz-cases.ts'
import type { Meeting } from './meeting.ts'
import { MeetingEnd } from './meeting.ts'
import { compare } from './native/index.ts'
import type { Comparison } from './native/index.ts'
import { runCase } from './suite/index.ts'
import type { Side } from './suite/support.ts'

/**
 * The ends that a page can have: the browser's own, or borrowed from the page itself with either place for
 * the pump.
 */
export type Kind = 'native' | 'worker pump' | 'page pump'

interface Borrowing {
  borrowed: BorrowedRtc
  lent: LentWebRTC
}

/** The end of a meeting that this page holds with its browser's own classes. */
let end: MeetingEnd | undefined

const borrowings = new Map<Kind, Borrowing>()

async function borrowing(kind: 'worker pump' | 'page pump'): Promise<Borrowing> {
  const present = borrowings.get(kind)
  if (present !== undefined) return present
  const { port1, port2 } = new MessageChannel()
  const borrowed = createBorrowedRtc()
  const able = new Promise<void>((resolve) => {
    borrowed.onlenderschange = resolve
  })
  borrowed.addLender(port1)
  const pump = kind === 'worker pump' ? '/rtc-pump.js' : '/there-is-no-such-script.js'
  const made = { borrowed, lent: lendWebRTC(port2, { pump }) }
  borrowings.set(kind, made)
  await able
  return made
}

async function side(kind: Kind): Promise<Side> {
  return kind === 'native' ? globalThis : (await borrowing(kind)).borrowed
}

/** What the tests call in the page. */
export const suite = {
  async run(title: string, a: Kind, b: Kind): Promise<string> {
    return runCase(title, await side(a), await side(b))
  },

  /** What the browser's own classes return, to compare with the borrowed ones. */
  async compare(what: Comparison): Promise<Record<string, unknown>> {
    return compare(what)
  },

  /** Runs one fault case in the page: `ok`, or what failed. */
  async fault(title: string): Promise<string> {
    try {
      await (faultCases[title] ?? fuzzCases[title])?.()
      return 'ok'
    } catch (error) {
      return error instanceof Error ? (error.stack ?? error.message) : String(error)
    }
  },

  /** Starts a meeting with another browser, or answers one; returns its description with candidates. */
  async describe(offer?: RTCSessionDescriptionInit): Promise<RTCSessionDescriptionInit> {
    end = new MeetingEnd(globalThis, offer === undefined)
    return end.describe(offer)
  },

  async accept(answer: RTCSessionDescriptionInit): Promise<void> {
    await end?.accept(answer)
  },

  async exchange(totalBytes: number): Promise<Meeting | undefined> {
    return end?.exchange(totalBytes)
  },

  endMeeting(): void {
    end?.close()
  },

  /** The path of the data of one kind, the ignored messages, and what is left. */
  facts(kind: Kind): object {
    const { borrowed, lent } = borrowings.get(kind) ?? {}
    return {
      pumpPlace: lent?.pumpPlace,
      inPage: (lent?.channelsInPage ?? 0) > 0,
      connections: lent?.connectionCount,
      ignored: [borrowed?.ignored, lent?.ignored],
    }
  },

  /** Lends this tab's WebRTC to the SharedWorker. A lock that is released reports the end of the tab. */
  async lend(workerUrl: string, lock: string): Promise<void> {
    const worker = new SharedWorker(workerUrl, { name: 'rtc' })
    const { port1, port2 } = new MessageChannel()
    lendWebRTC(port1, { pump: '/rtc-pump.js' })
    await new Promise<void>((held) => {
      void navigator.locks.request(lock, async () => {
        held()
        await new Promise(() => {})
      })
    })
    worker.port.postMessage({ type: 'lender', lock, port: port2 }, [port2])
    await ask(worker, { type: 'lenders' })
  },

  /** Asks the SharedWorker to do something, and returns its answer. */
  async ask(workerUrl: string, request: object): Promise<unknown> {
    return ask(new SharedWorker(workerUrl, { name: 'rtc' }), request)
  },
}

async function ask(worker: SharedWorker, request: object): Promise<unknown> {
  const { port1, port2 } = new MessageChannel()
  return new Promise((resolve) => {
    port1.onmessage = ({ data }: MessageEvent<unknown>) => resolve(data)
    worker.port.postMessage({ ...request, reply: port2 }, [port2])
  })
}
