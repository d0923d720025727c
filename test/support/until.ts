/**
 * Waits until `check` returns something other than undefined or false, and returns that.
 * After `timeoutMs` it rejects with the name of what it waited for, so every wait of a test has a name.
 */
export async function until<T>(
  what: string,
  check: () => T | Promise<T>,
  timeoutMs = 20_000,
): Promise<Exclude<T, undefined | false | null>> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const value = await check()
    if (value !== undefined && value !== false && value !== null) {
      return value as Exclude<T, undefined | false | null>
    }
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
