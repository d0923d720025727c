import { Burst } from './burst.ts'
import { Pump } from './pump.ts'
import { isToPumpWorker } from '../messages/pump-guards.ts'
import type { FromPumpWorker } from '../messages/messages.ts'

/**
 * The entry of `/rtc-pump.js`, a dedicated worker of a tab that lends WebRTC. It takes over data channels, so
 * that their bytes don't pass through the page's main thread.
 */

/** Channels whose port has not arrived yet. It is posted in the same task, so there is at most one. */
const unconnected = new Map<number, Pump>()

const ready: FromPumpWorker = { type: 'ready' }

globalThis.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
  if (!isToPumpWorker(data)) return
  switch (data.type) {
    case 'adopt':
      unconnected.set(data.key, new Pump(data.channel, data.limits, new Burst()))
      break
    case 'connect':
      unconnected.get(data.key)?.connect(data.port)
      unconnected.delete(data.key)
      break
    default:
      data satisfies never
  }
})

// In the DOM's types `globalThis` is a window, whose `postMessage` takes an origin. A worker's takes only the
// message.
;(globalThis as unknown as { postMessage(message: FromPumpWorker): void }).postMessage(ready)
