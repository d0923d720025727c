import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import type { IdentityStatus } from '../status/index.ts'
import { messageOf } from './log.ts'

/** Stores the identity of a host's peer, as base64 of the private key's libp2p protobuf. */
export interface KeyStore {
  /**
   * Returns the stored key, or undefined if there is none. Rejects if it can't be read, or with
   * {@link NoStorageError} if the host can't store anything.
   */
  load(): Promise<string | undefined>
  /**
   * Stores the key unless another one has been stored meanwhile, and returns the stored one. Rejects like
   * {@link KeyStore.load}.
   */
  save(key: string): Promise<string>
  /**
   * Moves an invalid record to a place where the user can recover it, so that a new key can be stored. If a
   * store doesn't have this method, the peer doesn't start until the user has repaired the record.
   */
  setAside?(reason: string): Promise<void>
}

/**
 * The host can't store anything: `message` says why. The peer runs with an identity that lasts until it
 * stops.
 */
export class NoStorageError extends Error {
  override readonly name = 'NoStorageError'
}

/** Another peer is running with the same identity: `message` says what to do. */
export class IdentityInUseError extends Error {
  override readonly name = 'IdentityInUseError'
}

/** An invalid private key. The message never contains the key. */
export class InvalidKeyError extends Error {
  override readonly name = 'InvalidKeyError'
  readonly code = 'ERR_INVALID_KEY'
}

/**
 * The first two characters of every private key's base64: they encode a field tag and a key type below 16.
 * Clients of July 2020 mistook them for a length and stored only the rest.
 */
const CUT_BY_JULY_2020 = 'CA'

/**
 * Reads a KEY as in Start and Identify, of any type that libp2p supports. Restores the first two characters
 * of a key that a page of July 2020 stored. Throws {@link InvalidKeyError}.
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

/** Reads a key like {@link parseKey}, and checks that its public half belongs to its private half. */
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

/** Generates an Ed25519 key for a new identity. */
export async function newKey(): Promise<PrivateKey> {
  return await generateKeyPair('Ed25519')
}

/** Formats a key as a KEY, as Go's `crypto.ConfigEncodeKey` does. */
export function formatKey(key: PrivateKey): string {
  return btoa(String.fromCharCode(...privateKeyToProtobuf(key)))
}

/** An identity, and where it came from. */
export interface Identity {
  key: PrivateKey
  from: IdentityStatus
}

/**
 * Returns the stored identity, or else stores and returns a new one. Without storage, the new one lasts until
 * the peer stops.
 */
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

/** Returns the stored key, if any. If the record was invalid and has been set aside, `damage` says why. */
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
