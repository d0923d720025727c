/**
 * A script that replaces `Date` with a clock whose time of day jumps by so many milliseconds, as when
 * somebody sets it or the machine wakes up. Timers and `performance.now()` continue as usual. Run again, the
 * jumps add up.
 */
export function jumpClock(byMs: number): string {
  return `(() => {
    const shift = (globalThis.clockShift ??= { Real: Date, ms: 0 })
    shift.ms += ${byMs}
    if (globalThis.Date !== shift.Real) return
    globalThis.Date = class Date extends shift.Real {
      constructor(...given) {
        if (given.length === 0) super(shift.Real.now() + shift.ms)
        else super(...given)
      }
      static now() {
        return shift.Real.now() + shift.ms
      }
    }
  })()`
}

export const HOUR_MS = 3_600_000

/**
 * This signal makes the clock of a process started with {@link JUMPING_CLOCK} jump an hour ahead, and the
 * next time back.
 */
export const JUMP_SIGNAL = 'SIGUSR2'

/** The NODE_OPTIONS of a process whose clock can be made to jump. */
export const JUMPING_CLOCK = `--import data:text/javascript,${encodeURIComponent(
  `let ahead = false; process.on('${JUMP_SIGNAL}', () => {
    ahead = !ahead
    ahead ? ${jumpClock(HOUR_MS)} : ${jumpClock(-HOUR_MS)}
  })`,
)}`
