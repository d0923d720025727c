import { countUpTo, hasFields, listUpTo, textUpTo } from '../shared/fields.ts'
import type { Person } from '../shared/room-page.ts'

/** Files that a page offers at a time. */
export const MAX_OFFERS = 50
/** Bytes of a file that are asked for at once. */
export const PART_BYTES = 262_144

/** A file that can be fetched. Its ID stays the same for as long as its page is open. */
export interface Offer {
  id: string
  name: string
  size: number
}

/** What a member says of itself. */
export interface Sender extends Person {
  files: Offer[]
}

/** The requests that members answer. */
export interface Calls {
  /** Returns bytes of a file from `at` on, at most {@link PART_BYTES}. */
  read: { argument: { id: string; at: number }; answer: Uint8Array }
  /** Returns the SHA-256 of a file, as 64 hexadecimal digits. */
  hash: { argument: string; answer: string }
}

const isOffer = hasFields<Offer>({
  id: textUpTo(50),
  name: textUpTo(1_000),
  size: countUpTo(Number.MAX_SAFE_INTEGER),
})

/** Checks what a member says of itself. */
export const isSender = hasFields<Sender>({ name: textUpTo(100), files: listUpTo(MAX_OFFERS, isOffer) })

/** Checks what a member asks for. */
export const isPartRequest = hasFields<Calls['read']['argument']>({
  id: textUpTo(50),
  at: countUpTo(Number.MAX_SAFE_INTEGER),
})
