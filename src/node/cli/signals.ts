/** A signal that asks a program to end, and the exit code for it: 128 plus the signal's number. */
export type EndSignal = { name: 'SIGINT' | 'SIGTERM'; exitCode: number }

const END_SIGNALS: readonly EndSignal[] = [
  { name: 'SIGINT', exitCode: 130 },
  { name: 'SIGTERM', exitCode: 143 },
]

/** Calls `handle` for each SIGINT and SIGTERM instead of ending the process, until `until` is aborted. */
export function onEndSignals(handle: (signal: EndSignal) => void, until: AbortSignal): void {
  for (const signal of END_SIGNALS) {
    const listener = (): void => handle(signal)
    process.on(signal.name, listener)
    until.addEventListener('abort', () => process.off(signal.name, listener), { once: true })
  }
}
