import { sentence } from '../sentence.ts'

/** What was said last, and whether it is bad news. */
export interface Said {
  words: string
  isProblem: boolean
}

/** An error in a sentence. */
export function wordsOf(error: unknown): string {
  return sentence(error instanceof Error ? error.message : String(error))
}
