import { describe, expect, test } from 'vitest'
import { describeMap, liveMapOf } from '../../src/site/map/live-map.ts'
import type { RelayStatus, StreamStatus } from '../../src/status/index.ts'
import { FULL_REPORT } from './full-report.ts'

const { status } = FULL_REPORT
const [client] = status.clients
const [sample] = status.clients.flatMap(({ streams }) => streams)

function statusWith(streams: Partial<StreamStatus>[], relays = status.peer?.relays ?? []): RelayStatus {
  if (status.peer === undefined || client === undefined || sample === undefined) throw new Error('no sample')
  return {
    ...status,
    peer: { ...status.peer, relays },
    clients: [{ ...client, streams: streams.map((stream) => ({ ...sample, ...stream })) }],
  }
}

describe('the live map', () => {
  test.each([
    ['no stream', [], 'none', 'Your peer is ready.'],
    ['a stream over WebRTC', [{ path: 'webrtc' }], 'direct', 'Connected directly to another browser.'],
    [
      'streams to two peers',
      [
        { path: 'webrtc', peer: 'A' },
        { path: 'direct', peer: 'B' },
      ],
      'direct',
      'Connected directly to 2 other browsers.',
    ],
    ['a relayed stream', [{ path: 'relayed' }], 'relayed', 'Connected through the circuit relay'],
    ['streams between tabs', [{ path: 'loopback' }], 'local', 'Two tabs of this browser are connected'],
    [
      'an interrupted stream among others',
      [{ path: 'webrtc' }, { path: 'interrupted' }],
      'interrupted',
      'The connection was interrupted.',
    ],
  ] as const)('with %s says so', (_, streams, link, words) => {
    const map = liveMapOf(statusWith([...streams]))
    expect(map.link).toBe(link)
    expect(describeMap(map)).toContain(words)
  })

  test('names the circuit relay that carries the stream', () => {
    const circuit = status.peer?.connections.find(({ relay }) => relay !== undefined)
    const map = liveMapOf(statusWith([{ path: 'relayed', connection: circuit?.id ?? '' }], []))
    expect(map.relayId).toBe(circuit?.relay)
  })

  test('says that a direct connection goes on when the circuit relay is gone', () => {
    const relays = status.peer?.relays.filter(({ state }) => state.kind === 'waiting') ?? []
    expect(describeMap(liveMapOf(statusWith([{ path: 'webrtc' }], relays)))).toContain(
      'The circuit relay is gone, and the connection goes on.',
    )
    expect(describeMap(liveMapOf(statusWith([], relays)))).toContain('doesn’t answer')
    expect(describeMap(liveMapOf(statusWith([], [])))).toContain('No circuit relay is configured')
  })

  test('says where there is no WebRTC that connections stay relayed', () => {
    const without = (streams: Partial<StreamStatus>[]): string =>
      describeMap(
        liveMapOf({
          ...statusWith(streams),
          transports: [{ name: 'webrtc', able: false, why: 'unsupported' }],
        }),
      )
    expect(without([])).toContain('This browser has no WebRTC')
    expect(without([{ path: 'relayed' }])).toContain('not directly, because this browser has no WebRTC')
  })

  test('is empty before the peer has started', () => {
    const { peer: _, ...rest } = status
    expect(liveMapOf(rest)).toMatchObject({ link: 'none', relay: 'unknown', self: '' })
  })
})
