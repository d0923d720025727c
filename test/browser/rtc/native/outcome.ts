/** The outcome of `run` as plain data: what it returns, or the name and the class of what it throws. */
export async function outcomeOf(run: () => unknown): Promise<unknown> {
  try {
    return await run()
  } catch (error) {
    if (error instanceof DOMException) return `DOMException ${error.name}`
    return error instanceof Error ? error.name : String(error)
  }
}
