import '../support/polyfill.ts'
import { setImmediate as nextTask } from 'node:timers/promises'
import type { Connection } from '@libp2p/interface'
import { expect, test } from 'vitest'
import { CarrierSearch } from '../../src/relay/lasting/carrier-search.ts'
import type { CarrierSearchInit } from '../../src/relay/lasting/carrier-search.ts'
import { ManualLink } from '../lasting/manual-link.ts'

type Found = Awaited<ReturnType<CarrierSearchInit['dial']>>

const RELAY = { addrs: [], relay: '/ip4/127.0.0.1/tcp/1' }

/** A search whose dial ends when the test says so, on a link whose further streams are counted. */
function start(): {
  search: CarrierSearch
  found: () => Promise<Found>
  spare: ManualLink['dialer']
  further: ManualLink['dialer'][]
} {
  const dialed = Promise.withResolvers<Found>()
  const spare = new ManualLink().dialer
  const further: ManualLink['dialer'][] = []
  const muxer = Object.assign(new EventTarget(), {
    createStream: async () => {
      const { dialer } = new ManualLink()
      further.push(dialer)
      return dialer
    },
  })
  const link = { muxer } as unknown as Connection
  const search = new CarrierSearch({
    // A search through a named circuit relay asks the peer for nothing.
    peer: {} as CarrierSearchInit['peer'],
    log: () => undefined,
    dial: async () => await dialed.promise,
    opened: () => undefined,
  })
  const found = async (): Promise<Found> => {
    const one: Found = { link, spare }
    dialed.resolve(one)
    await nextTask()
    return one
  }
  return { search, found, spare, further }
}

test('streams that wait for the same link get one carrier each', async () => {
  const { search, found, spare, further } = start()
  const { signal } = new AbortController()
  const waiting = ['outbound', 'outbound'].map(
    async () => await search.open('peer', 'outbound', RELAY, signal),
  )
  await found()
  const carriers = await Promise.all(waiting)
  expect(carriers).toEqual([spare, further[0]])
  expect(further.length).toBe(1)
  expect(spare.status).toBe('open')
})

test('a carrier that no stream waits for any more is closed', async () => {
  const { search, found, spare } = start()
  const gone = new AbortController()
  const waiting = search.open('peer', 'outbound', RELAY, gone.signal)
  gone.abort(new Error('the stream was resumed by the other side'))
  await expect(waiting).rejects.toThrow('resumed by the other side')
  await found()
  expect(spare.status).toBe('aborted')
})
