import { expect, test } from 'vitest'
import { StreamRates } from '../../src/site/stream-rates.ts'
import type { RelayStatus } from '../../src/status/index.ts'
import { AT_MS, clientOf, healthyBrowser } from '../status/healthy.ts'

/** A snapshot some seconds later, whose only stream has carried so much. */
function after(seconds: number, inBytes: number, outBytes: number): RelayStatus {
  const client = clientOf(1)
  const streams = client.streams.map((stream) => Object.assign(stream, { inBytes, outBytes }))
  return healthyBrowser({ atMs: AT_MS + seconds * 1000, clients: [{ ...client, streams }] })
}

test("a stream's rate covers the time between two snapshots, and is zero before there are two", () => {
  const rates = new StreamRates()
  const rateIn = ({ clients: [client] }: RelayStatus): unknown => {
    const [stream] = client?.streams ?? []
    return client === undefined || stream === undefined ? undefined : rates.of(client, stream)
  }
  const [first, second] = [after(0, 1_000, 0), after(2, 5_000, 300)]
  rates.add(first)
  expect(rateIn(first)).toEqual({ inBytes: 0, outBytes: 0 })
  rates.add(second)
  expect(rateIn(second)).toEqual({ inBytes: 2_000, outBytes: 150 })
  // The same snapshot again changes nothing.
  rates.add(second)
  expect(rateIn(second)).toEqual({ inBytes: 2_000, outBytes: 150 })
  const other = healthyBrowser({ atMs: AT_MS + 3_000, clients: [clientOf(2)] })
  rates.add(other)
  expect(rateIn(other)).toEqual({ inBytes: 0, outBytes: 0 })
  expect(rateIn(second)).toEqual({ inBytes: 0, outBytes: 0 })
})
