import { toBase64Url } from './member.ts'
import { RoomError } from './room-error.ts'

/**
 * Rounds of PBKDF2 for each guess of a name or a secret, by those who see only what is derived from it. They
 * add 17 bits to a name's, at about 50 ms for each join.
 */
const ROUNDS = 100_000
/** Bytes of what is derived for others to see: enough that no two rooms ever have the same. */
const TOPIC_BYTES = 16
const DOMAIN = 'libp2p-websocket/room/1'

/** What is derived from a room's name, scope and secret. */
export interface RoomKeys {
  /** The protocol of the door. Each member's own begins with it. */
  readonly protocol: string
  /** Under which members register to be found. */
  readonly namespace: string
  /** The key for HMAC that members prove to have. It depends on the secret too; the others don't. */
  readonly proof: CryptoKey
}

/** Derives everything from the name, so that relays, which see the results, never learn it. */
export async function deriveKeys(name: string, scope: string, secret: string): Promise<RoomKeys> {
  // Pages that aren't served securely have none.
  const subtle = crypto.subtle as SubtleCrypto | undefined
  if (subtle === undefined) {
    throw new RoomError(
      'ERR_INVALID_ARGUMENT',
      'Rooms need Web Cryptography, which browsers offer only to pages from https or localhost.',
    )
  }
  // Equal texts that are encoded differently lead to the same room.
  const root = await stretch(name.normalize('NFC'), utf8(`${DOMAIN}\0${scope}`))
  const rootKey = await hmacKey(root)
  const derive = async (purpose: string): Promise<Uint8Array<ArrayBuffer>> =>
    await sign(rootKey, utf8(purpose))
  const topic = async (purpose: string): Promise<string> =>
    toBase64Url((await derive(purpose)).subarray(0, TOPIC_BYTES))
  const proof = await derive('proof')
  return {
    protocol: `/room/${await topic('protocol')}`,
    namespace: `room-${await topic('namespace')}`,
    proof: await hmacKey(secret === '' ? proof : await stretch(secret.normalize('NFC'), proof)),
  }
}

/** Returns the HMAC of a message. */
export async function sign(
  key: CryptoKey,
  message: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, message))
}

/** Encodes a text in UTF-8. */
export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text)
}

async function hmacKey(bytes: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  return await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
    'verify',
  ])
}

async function stretch(text: string, salt: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const key = await crypto.subtle.importKey('raw', utf8(text), 'PBKDF2', false, ['deriveBits'])
  const algorithm = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations: ROUNDS }
  return new Uint8Array(await crypto.subtle.deriveBits(algorithm, key, 256))
}
