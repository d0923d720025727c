/** A signal that asks a program to end, and the exit code that says so (128 and the signal's number). */
export type EndSignal = { name: 'SIGINT' | 'SIGTERM'; exitCode: number }

const END_SIGNALS: readonly EndSignal[] = [
  { name: 'SIGINT', exitCode: 130 },
  { name: 'SIGTERM', exitCode: 143 },
]

/** Calls `came` for each SIGINT and SIGTERM, which then no longer end the process by themselves, until `until` aborts. */
export function onEndSignals(came: (signal: EndSignal) => void, until: AbortSignal): void {
  for (const signal of END_SIGNALS) {
    const listener = (): void => came(signal)
    process.on(signal.name, listener)
    until.addEventListener('abort', () => process.off(signal.name, listener), { once: true })
  }
}
