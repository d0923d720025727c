/**
 * Calls a handler of the server. What it throws is reported as an uncaught error, and doesn't keep the socket
 * from its next step.
 */
export function callHandler<T>(handler: () => T): T | undefined {
  try {
    return handler()
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
    return undefined
  }
}
