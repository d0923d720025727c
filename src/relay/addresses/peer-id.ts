import type { PeerId } from '@libp2p/interface'
import { peerIdFromCID, peerIdFromString } from '@libp2p/peer-id'
import type { Multiaddr } from '@multiformats/multiaddr'
import { multiaddr } from '@multiformats/multiaddr'
import { base32, base32upper } from 'multiformats/bases/base32'
import { base36, base36upper } from 'multiformats/bases/base36'
import { base58btc } from 'multiformats/bases/base58'
import { CID } from 'multiformats/cid'

const CID_BASES = base32.decoder
  .or(base32upper.decoder)
  .or(base36.decoder)
  .or(base36upper.decoder)
  .or(base58btc.decoder)

/** The beginning of a peer ID in its usual form, base58 of a multihash. Every other form is a CID. */
const USUAL_FORM = /^(?:1|Qm)/u
/** A peer ID in its usual form that was changed to capitals. The original cannot be guessed. */
const IN_CAPITALS = /^(?:12D3KOO|16UIU2H|QM)[0-9A-Z]*$/u
/** White space and invisible characters around pasted text. */
const AROUND = /^[\s\u200B-\u200F\u2060\uFEFF]+|[\s\u200B-\u200F\u2060\uFEFF]+$/gu

/** Removes what copying may leave around a text: spaces, line ends and zero-width characters. */
export function trimPasted(text: string): string {
  return text.replaceAll(AROUND, '')
}

/**
 * Reads a peer ID in any of its forms: base58, or a CID in base 32, 36 or 58. One peer has many texts, so
 * compare the result, or its `toString()`, which is always the base58 form.
 *
 * @throws Error with a message for the person who wrote it
 */
export function readPeerId(text: string): PeerId {
  const trimmed = trimPasted(text)
  let cid: CID | undefined
  try {
    if (USUAL_FORM.test(trimmed)) return keyed(peerIdFromString(trimmed))
    cid = CID.parse(trimmed, CID_BASES)
    return keyed(peerIdFromCID(cid))
  } catch (error) {
    const why = IN_CAPITALS.test(trimmed)
      ? 'its letters have become capitals: copy it again'
      : cid === undefined
        ? 'a character is missing, added or changed'
        : 'it is the CID of something else'
    throw new Error(`${JSON.stringify(trimmed)} is not a peer ID: ${why}`, { cause: error })
  }
}

/** Returns whether `text` is the ID of this peer, in any form. */
export function isPeerId(text: string, peer: PeerId): boolean {
  if (text === peer.toString()) return true
  try {
    return readPeerId(text).equals(peer)
  } catch {
    return false
  }
}

/**
 * Returns an address with each of its peer IDs in base58, as js-libp2p compares them as text.
 *
 * @throws Error if one of them is not a peer ID
 */
export function withUsualPeerIds(address: Multiaddr): Multiaddr {
  const components = address.getComponents()
  const usual = components.map((component) => {
    if (component.name !== 'p2p') return component
    const value = readPeerId(component.value ?? '').toString()
    if (value === component.value) return component
    const { code, name } = component
    return { code, name, value }
  })
  return usual.every((component, index) => component === components[index]) ? address : multiaddr(usual)
}

/** Rejects peer IDs that stand for a URL. js-libp2p reads some damaged IDs as such. */
function keyed(peer: PeerId): PeerId {
  if (peer.type === 'url') throw new Error('it is the ID of a URL')
  return peer
}
