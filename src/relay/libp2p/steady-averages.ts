import { MovingAverage } from '@libp2p/utils'

/** The longest timeout of js-libp2p, in milliseconds. A higher average makes no difference. */
const LONGEST_MS = 60_000

/*
 * Makes js-libp2p's adaptive timeouts use the monotonic clock, and bounds the durations that they average.
 *
 * js-libp2p averages over the time of day. If the clock is set back by an hour, the average becomes NaN for
 * good, and every DHT request fails immediately. js-libp2p also measures the durations by the time of day, so
 * a jump can make one huge or negative.
 */
const push: (this: MovingAverage, value: number, timeMs: number) => void = Reflect.get(
  MovingAverage.prototype,
  'push',
)
MovingAverage.prototype.push = function pushSteadily(
  this: MovingAverage,
  value: number,
  timeMs?: number,
): void {
  push.call(this, Math.min(LONGEST_MS, Math.max(0, value)), timeMs ?? performance.now())
}
