import { MAX_NAME_BYTES } from './limits.ts'
import { randomBytes } from './member.ts'
import { RoomError } from './room-error.ts'

const CONSONANTS = 'bdfghjklmnprstvz'
const VOWELS = 'aiou'
/** Words of a random name. Each has 16 bits. */
const WORDS = 4

/**
 * Returns a name that nobody can guess: 64 random bits as four pronounceable words, such as
 * `lusab-babad-gutih-tugad`. The words are proquints (arXiv:0901.4016).
 */
export function randomRoomName(): string {
  return Array.from({ length: WORDS }, () => {
    const [high = 0, low = 0] = randomBytes(2)
    return word(high * 256 + low)
  }).join('-')
}

/** Writes 16 bits as consonants with 4 bits each and vowels with 2. */
function word(bits: number): string {
  const consonant = (shift: number): string => CONSONANTS[(bits >> shift) & 15] ?? ''
  const vowel = (shift: number): string => VOWELS[(bits >> shift) & 3] ?? ''
  return consonant(12) + vowel(10) + consonant(6) + vowel(4) + consonant(0)
}

/** Throws `ERR_INVALID_ARGUMENT` if a name, scope or secret is too long, or is empty and must not be. */
export function assertText(what: string, text: unknown, mayBeEmpty = false): asserts text is string {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text).byteLength : -1
  if (bytes > MAX_NAME_BYTES) {
    throw new RoomError(
      'ERR_INVALID_ARGUMENT',
      `The ${what} has ${bytes} bytes, but the limit is ${MAX_NAME_BYTES}.`,
    )
  }
  if (bytes < (mayBeEmpty ? 0 : 1))
    throw new RoomError('ERR_INVALID_ARGUMENT', `The ${what} must be a text that isn’t empty.`)
}
