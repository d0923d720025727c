import '../support/polyfill.ts'
import type { Connection } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { expect, test } from 'vitest'
import type { Peer } from '../../src/relay/peer.ts'
import { dialWebRtc } from '../../src/relay/dialing/webrtc-dial.ts'

const ADDRESS = multiaddr('/webrtc')

/** One dial: the events that it reports, and its outcome. Without an outcome it hangs until it is aborted. */
interface Course {
  events: string[]
  outcome?: Connection | Error
}

/** A peer whose dials go like this, one after the other. */
function peerWith(courses: Course[]): { peer: Peer; dials: () => number } {
  let dials = 0
  const dial = async (
    _: unknown,
    { signal, onProgress }: { signal: AbortSignal; onProgress?: (event: { type: string }) => void },
  ): Promise<Connection> => {
    const { events, outcome } = courses[dials++] ?? { events: [] }
    for (const type of events) onProgress?.({ type })
    if (outcome instanceof Error) throw outcome
    if (outcome !== undefined) return outcome
    return await new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error))
    })
  }
  return { peer: { libp2p: { dial } } as unknown as Peer, dials: () => dials }
}

const ANSWERED = ['webrtc:send-sdp-offer', 'webrtc:read-sdp-answer', 'webrtc:read-ice-candidates']
const DIRECT = { direct: true } as Connection

test('a dial that stalls after the answer is restarted', async () => {
  const { peer, dials } = peerWith([{ events: ANSWERED }, { events: ANSWERED, outcome: DIRECT }])
  expect(await dialWebRtc(peer, ADDRESS, new AbortController().signal)).toBe(DIRECT)
  expect(dials()).toBe(2)
})

test('a circuit that another dial to the peer opened is not a direct connection', async () => {
  const circuit = { direct: false } as Connection
  const { peer, dials } = peerWith([
    { events: [], outcome: circuit },
    { events: [], outcome: DIRECT },
  ])
  expect(await dialWebRtc(peer, ADDRESS, new AbortController().signal)).toBe(DIRECT)
  expect(dials()).toBe(2)
})

test('a dial that fails is not restarted', async () => {
  const { peer, dials } = peerWith([{ events: ANSWERED, outcome: new Error('refused') }])
  await expect(dialWebRtc(peer, ADDRESS, new AbortController().signal)).rejects.toThrow('refused')
  expect(dials()).toBe(1)
})

test('only the caller ends a dial that gets no answer', async () => {
  const { peer, dials } = peerWith([{ events: ['webrtc:send-sdp-offer'] }])
  const caller = new AbortController()
  const dialing = dialWebRtc(peer, ADDRESS, caller.signal)
  caller.abort(new Error('enough'))
  await expect(dialing).rejects.toThrow('enough')
  expect(dials()).toBe(1)
})
