import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import type { IdentityStatus } from '../status/index.ts'
import { messageOf } from './log.ts'

/** Where a host keeps the identity: base64 of the libp2p protobuf of the private key. */
export interface KeyStore {
  /**
   * The key that was kept, undefined if none was. Rejects if there is one that cannot be read, and with {@link NoStorageError} if
   * nothing can be kept here.
   */
  load(): Promise<string | undefined>
  /**
   * Keeps the key unless another one has been kept meanwhile; resolves to the one that is kept now. Rejects as {@link
   * KeyStore.load} does.
   */
  save(key: string): Promise<string>
  /**
   * Moves a stored record that is no key to where the user can have it back, so that a new key can be kept. A store without this
   * leaves it to the user to repair the record: the peer doesn't start before.
   */
  setAside?(reason: string): Promise<void>
}

/** The host has no place to keep anything: `message` says why. The peer runs all the same, with an identity for this run. */
export class NoStorageError extends Error {
  override readonly name = 'NoStorageError'
}

/** Another peer runs with the identity: `message` says what to do. */
export class IdentityInUseError extends Error {
  override readonly name = 'IdentityInUseError'
}

/** A key that is not one: `code` is `ERR_INVALID_KEY`. The message never holds the key. */
export class InvalidKeyError extends Error {
  override readonly name = 'InvalidKeyError'
  readonly code = 'ERR_INVALID_KEY'
}

/**
 * How the base64 of every private key's protobuf begins: a field tag, and a key type below 16. The clients of July 2020 took these
 * two characters for a length, and stored the rest.
 */
const CUT_BY_JULY_2020 = 'CA'

/**
 * Reads KEY, as in Start and Identify: Ed25519, RSA and the other kinds that libp2p knows. A key that a page of July 2020 has
 * cut is made whole.
 */
export function parseKey(key: string): PrivateKey {
  const text = key.trim()
  try {
    return fromBase64(text)
  } catch (error) {
    try {
      return fromBase64(CUT_BY_JULY_2020 + text)
    } catch {
      throw new InvalidKeyError(`the key is not base64 of a libp2p private key: ${messageOf(error)}`)
    }
  }
}

function fromBase64(text: string): PrivateKey {
  return privateKeyFromProtobuf(Uint8Array.from(atob(text), (character) => character.charCodeAt(0)))
}

/** As {@link parseKey}, and the key works: a damaged one may have the public half of no key, or of another one. */
export async function readKey(key: string): Promise<PrivateKey> {
  const parsed = parseKey(key)
  const probe = new Uint8Array(32)
  let works = false
  try {
    works = await parsed.publicKey.verify(probe, await parsed.sign(probe))
  } catch (error) {
    throw new InvalidKeyError(`the key cannot sign: ${messageOf(error)}`, { cause: error })
  }
  if (!works)
    throw new InvalidKeyError('the key is damaged: its public half does not belong to its private half')
  return parsed
}

/** Makes the key of a new identity: Ed25519. */
export async function newKey(): Promise<PrivateKey> {
  return await generateKeyPair('Ed25519')
}

/** Writes KEY, as Go's `crypto.ConfigEncodeKey` does. */
export function formatKey(key: PrivateKey): string {
  return btoa(String.fromCharCode(...privateKeyToProtobuf(key)))
}

/** An identity, and where it is from. */
export interface Identity {
  key: PrivateKey
  from: IdentityStatus
}

/** The stored identity, or a new Ed25519 one that is stored from now on; where there is no storage, one for this run. */
export async function loadIdentity(store: KeyStore): Promise<Identity> {
  try {
    const { key, damage } = await loadKey(store)
    if (key !== undefined) return { key, from: { kind: 'kept' } }
    return {
      key: await readKey(await store.save(formatKey(await newKey()))),
      from: damage === undefined ? { kind: 'kept' } : { kind: 'replaced', reason: damage },
    }
  } catch (error) {
    if (!(error instanceof NoStorageError)) throw error
    return { key: await newKey(), from: { kind: 'not-kept', reason: error.message } }
  }
}

/** The stored key, if there is one; `damage` says why the record was set aside, if it is none. */
async function loadKey(store: KeyStore): Promise<{ key?: PrivateKey; damage?: string }> {
  try {
    const stored = await store.load()
    return stored === undefined ? {} : { key: await readKey(stored) }
  } catch (error) {
    if (!(error instanceof InvalidKeyError) || store.setAside === undefined) throw error
    await store.setAside(error.message)
    return { damage: error.message }
  }
}
