import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { messageOf } from './log.ts'

/** Where a host keeps the identity: base64 of the libp2p protobuf of the private key. */
export interface KeyStore {
  /** The key that was kept, undefined if none was. Rejects if there is one that cannot be read. */
  load(): Promise<string | undefined>
  /** Keeps the key unless another one has been kept meanwhile; resolves to the one that is kept now. */
  save(key: string): Promise<string>
}

/** A key that is not one: `code` is `ERR_INVALID_KEY`. The message never holds the key. */
export class InvalidKeyError extends Error {
  override readonly name = 'InvalidKeyError'
  readonly code = 'ERR_INVALID_KEY'
}

/** Reads KEY, as in Start and Identify: Ed25519, RSA and the other kinds that libp2p knows. */
export function parseKey(key: string): PrivateKey {
  try {
    return privateKeyFromProtobuf(Uint8Array.from(atob(key.trim()), (character) => character.charCodeAt(0)))
  } catch (error) {
    throw new InvalidKeyError(`the key is not base64 of a libp2p private key: ${messageOf(error)}`)
  }
}

/** Writes KEY, as Go's `crypto.ConfigEncodeKey` does. */
export function formatKey(key: PrivateKey): string {
  return btoa(String.fromCharCode(...privateKeyToProtobuf(key)))
}

/** The stored identity, or a new Ed25519 one that is stored from now on. */
export async function loadIdentity(store: KeyStore): Promise<PrivateKey> {
  const stored = await store.load()
  if (stored !== undefined) return parseKey(stored)
  return parseKey(await store.save(formatKey(await generateKeyPair('Ed25519'))))
}
