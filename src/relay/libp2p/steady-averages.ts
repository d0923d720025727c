import { MovingAverage } from '@libp2p/utils'

/** Milliseconds above which no average of js-libp2p's timeouts makes a difference: it is their upper bound. */
const LONGEST_MS = 60_000

/*
 * js-libp2p's adaptive timeouts are averages over the time of day. Where the clock is set back by an hour they become no number, and
 * stay that: each question of a DHT then fails at once, for good. So their time is that of a clock which only counts, and a duration
 * that a clock has jumped in is bounded.
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
