/** The part of zone.js that is used here. */
interface Zone {
  root?: { run?<T>(callback: () => T): T }
}

/**
 * Runs `callback` in the root zone if the page uses zone.js. Angular then doesn't wait for the timers and
 * port listeners of this package, and doesn't update its views after them.
 */
export function outsideZones<T>(callback: () => T): T {
  const root = (globalThis as { Zone?: Zone }).Zone?.root
  return typeof root?.run === 'function' ? root.run(callback) : callback()
}
