/** What the page tells the user about the outcome of an action. */
export interface Feedback {
  text: string
  isError: boolean
}

/** Returns an error's message as a sentence. */
export function describeError(error: unknown): string {
  return toSentence(error instanceof Error ? error.message : String(error))
}

/** Capitalises a message and ends it with a full stop, unless it already ends a sentence. */
export function toSentence(message: string): string {
  const end = /[.!?…]$/.test(message) ? '' : '.'
  return message.charAt(0).toUpperCase() + message.slice(1) + end
}
