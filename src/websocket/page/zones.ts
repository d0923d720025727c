/** What zone.js puts on the global object, as far as it is used here. */
interface Zone {
  root?: { run?<T>(callback: () => T): T }
}

/**
 * Runs `callback` in the root zone, where the page has zone.js: what this package begins for itself (timers, port listeners) is
 * then no work of the application, so that Angular neither waits for it nor updates its views after it.
 */
export function outsideZones<T>(callback: () => T): T {
  const root = (globalThis as { Zone?: Zone }).Zone?.root
  return typeof root?.run === 'function' ? root.run(callback) : callback()
}
