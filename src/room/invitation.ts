import type { PeerTarget } from './mesh.ts'
import { MAX_ADDRESSES, MAX_ADDRESS_LENGTH } from './limits.ts'
import { toBase64Url } from './member.ts'
import { RoomError } from './room-error.ts'
import { utf8 } from './room-keys.ts'

/** A room's name, and peers that may have members. */
export interface Invitation {
  readonly name: string
  readonly peers?: readonly PeerTarget[]
}

/** Separates the name from the peers. Neither encoding contains it. */
const SEPARATOR = '~'
/** Characters of an invitation. */
const MAX_LENGTH = 16_384
/** Peers of an invitation. */
const MAX_PEERS = 4

/**
 * Returns an invitation as text for the fragment of a URL. Without peers it is just the name. It doesn't
 * contain the secret.
 */
export function encodeInvitation({ name, peers = [] }: Invitation): string {
  const text = encodeURIComponent(name).replaceAll(SEPARATOR, '%7E')
  if (peers.length === 0) return text
  const list = peers
    .slice(0, MAX_PEERS)
    .map(({ peer, addrs = [] }) => [peer].concat(addrs.slice(0, MAX_ADDRESSES)))
  return text + SEPARATOR + toBase64Url(utf8(JSON.stringify(list)))
}

/**
 * Reads an invitation, with or without the `#` of a fragment. Throws `ERR_INVALID_ARGUMENT` if it is damaged.
 */
export function decodeInvitation(text: string): Invitation {
  const [name = '', peers = ''] = text.slice(0, MAX_LENGTH).replace(/^#/u, '').split(SEPARATOR)
  try {
    return { name: decodeURIComponent(name), peers: peers === '' ? [] : readPeers(fromBase64Url(peers)) }
  } catch (cause) {
    throw new RoomError('ERR_INVALID_ARGUMENT', 'The invitation is damaged. Copy the whole link.', { cause })
  }
}

function readPeers(value: unknown): PeerTarget[] {
  if (!Array.isArray(value) || value.length > MAX_PEERS) throw new TypeError('no list of peers')
  return value.map((entry: unknown) => {
    if (!Array.isArray(entry) || !entry.every(isAddress)) throw new TypeError('no peer')
    const [peer = '', ...addrs] = entry
    return { peer, addrs }
  })
}

function isAddress(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_ADDRESS_LENGTH
}

function fromBase64Url(text: string): unknown {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(binary, (character) => character.charCodeAt(0))))
}
