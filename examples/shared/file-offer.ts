import { countUpTo } from './talk.ts'

/** A file that can be fetched. */
export type Offer = Pick<File, 'name' | 'size'>

/** Checks the first message of a sender. */
export function isOffer(value: unknown): value is Offer {
  const { name, size } = Object(value) as Record<string, unknown>
  return typeof name === 'string' && countUpTo(Number.MAX_SAFE_INTEGER)(size)
}
