import { expect, test } from 'vitest'
import { Metrics } from '../../src/node/peer/metrics.ts'
import type { MetricsSource } from '../../src/node/peer/metric-table.ts'
import { METRICS } from '../../src/node/peer/metric-table.ts'
import { healthyProgram } from '../status/healthy.ts'

const SERVICE = {
  reservations: 3,
  maxReservations: 10,
  refusedFull: 1,
  refusedAddress: 2,
  circuits: 4,
  maxCircuits: 20,
  openedCircuits: 30,
  refusedCircuits: 5,
  carriedBytes: 6_000,
}

const RENDEZVOUS = {
  registrations: 7,
  maxRegistrations: 70,
  namespaces: 4,
  registered: 8,
  discovered: 90,
  refused: { full: 1, peer: 2, address: 3, rate: 4, invalid: 5 },
}

const LASTING = {
  streams: 5,
  interrupted: 1,
  unacknowledgedBytes: 1_000,
  resumed: 12,
  moved: 13,
  lost: 14,
  limits: {
    maxUnacknowledgedBytesPerStream: 2_000,
    maxUnacknowledgedBytesPerPeer: 3_000,
    maxUnacknowledgedBytes: 4_000,
    maxInterruptedPerPeer: 256,
    maxResumesPerSecond: 100,
    resumeTimeoutMs: 30_000,
  },
}

const FORWARD = {
  kind: 'forward',
  protocol: '/x/ssh',
  endpoint: '127.0.0.1:22',
  open: 1,
  accepted: 2,
  failed: 3,
  inBytes: 4_000,
  outBytes: 5_000,
} as const

const OF_FORWARD = '{kind="forward",protocol="/x/ssh",endpoint="127.0.0.1:22"}'

/** This program's samples in a text, by name and labels. */
function samplesOf(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line.startsWith('libp2p_websocket_'))
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(' ')
      return [line.slice('libp2p_websocket_'.length, space), Number(line.slice(space + 1))]
    }),
  )
}

test("every metric's name follows the rules of Prometheus", () => {
  for (const { name, type, help, labels = [] } of METRICS) {
    expect(name).toMatch(/^[a-z][a-z0-9_]*$/)
    expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter'])
    expect(name).not.toMatch(/_(?:ms|milliseconds|kb|mb)(?:_|$)/)
    expect(help).toMatch(/\.$/)
    for (const label of labels) expect(label).toMatch(/^[a-z_]+$/)
  }
  expect(new Set(METRICS.map(({ name }) => name)).size).toBe(METRICS.length)
})

test('the metrics match the current status', async () => {
  let source: MetricsSource = {
    status: {
      ...healthyProgram({}, { service: SERVICE, rendezvousService: RENDEZVOUS, lasting: LASTING }),
      tcp: [FORWARD],
    },
    certificateEndsMs: 1_800_000_000_500,
  }
  const metrics = new Metrics(() => source)
  const text = await metrics.text()
  expect(text).toContain('# TYPE libp2p_websocket_relay_reservations gauge\n')
  expect(text).toContain('# TYPE libp2p_websocket_relay_circuit_bytes_total counter\n')
  expect(text).toMatch(/^process_resident_memory_bytes \d+$/m)
  const first = samplesOf(text)
  for (const [name, value] of [
    ['info{version="1"}', 1],
    ['peer_running', 1],
    ['connections', 2],
    ['connections_opened_total', 3],
    ['received_bytes_total', 30_000],
    ['sent_bytes_total', 40_000],
    ['bootstrap_peers{connected="true"}', 1],
    ['bootstrap_peers{connected="false"}', 0],
    ['clients', 0],
    ['lasting_streams', 5],
    ['lasting_interrupted', 1],
    ['lasting_interrupted_limit', 256],
    ['lasting_unacknowledged_bytes', 1_000],
    ['lasting_unacknowledged_bytes_limit{of="stream"}', 2_000],
    ['lasting_unacknowledged_bytes_limit{of="peer"}', 3_000],
    ['lasting_unacknowledged_bytes_limit{of="all"}', 4_000],
    ['lasting_resumes_per_second_limit', 100],
    ['lasting_resume_timeout_seconds', 30],
    ['lasting_resumed_total', 12],
    ['lasting_moved_total', 13],
    ['lasting_lost_total', 14],
    ['relay_reservations', 3],
    ['relay_reservations_limit', 10],
    ['relay_reservations_refused_total{reason="full"}', 1],
    ['relay_reservations_refused_total{reason="address"}', 2],
    ['relay_circuits', 4],
    ['relay_circuits_limit', 20],
    ['relay_circuits_opened_total', 30],
    ['relay_circuits_refused_total', 5],
    ['relay_circuit_bytes_total', 6_000],
    ['rendezvous_registrations', 7],
    ['rendezvous_registrations_limit', 70],
    ['rendezvous_namespaces', 4],
    ['rendezvous_registered_total', 8],
    ['rendezvous_discovered_total', 90],
    ['rendezvous_refused_total{reason="full"}', 1],
    ['rendezvous_refused_total{reason="peer"}', 2],
    ['rendezvous_refused_total{reason="address"}', 3],
    ['rendezvous_refused_total{reason="rate"}', 4],
    ['rendezvous_refused_total{reason="invalid"}', 5],
    [`tcp_connections${OF_FORWARD}`, 1],
    [`tcp_connections_accepted_total${OF_FORWARD}`, 2],
    [`tcp_connections_failed_total${OF_FORWARD}`, 3],
    [`tcp_received_bytes_total${OF_FORWARD}`, 4_000],
    [`tcp_sent_bytes_total${OF_FORWARD}`, 5_000],
    ['certificate_expiry_timestamp_seconds', 1_800_000_000.5],
  ] as const) {
    expect([name, first.get(name)]).toEqual([name, value])
  }

  source = {
    status: healthyProgram({}, { connectionCount: 0, service: { ...SERVICE, carriedBytes: 7_000 } }),
  }
  const second = samplesOf(await metrics.text())
  expect(second.get('connections')).toBe(0)
  expect(second.get('relay_circuit_bytes_total')).toBe(7_000)
  expect(second.has('certificate_expiry_timestamp_seconds')).toBe(false)
  expect([...second.keys()].filter((name) => name.startsWith('lasting'))).toEqual([])
})

test("for a peer that isn't running, the metrics say only that", async () => {
  const { peer: _, ...status } = healthyProgram()
  const samples = samplesOf(await new Metrics(() => ({ status })).text())
  expect(samples.get('peer_running')).toBe(0)
  expect(samples.get('clients')).toBe(0)
  for (const name of samples.keys()) expect(name).toMatch(/^(?:info|peer_running|clients?)/)
})
