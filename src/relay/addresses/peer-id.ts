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

/** How the usual form of a peer ID begins: base58 of a multihash. Every other form is a CID. */
const USUAL_FORM = /^(?:1|Qm)/u
/** A usual form whose letters have all become capitals. It has too many possible originals to guess one. */
const IN_CAPITALS = /^(?:12D3KOO|16UIU2H|QM)[0-9A-Z]*$/u
/** White space and invisible characters around what somebody has pasted. */
const AROUND = /^[\s\u200B-\u200F\u2060\uFEFF]+|[\s\u200B-\u200F\u2060\uFEFF]+$/gu

/** The text without what copying leaves around it: blanks, line ends, zero-width characters. */
export function trimPasted(text: string): string {
  return text.replaceAll(AROUND, '')
}

/**
 * Reads a peer ID in any of its forms: base58, or a CID in base 32, 36 or 58. One peer has many texts, so
 * compare the result, or its `toString()`, which is always the base58 form.
 *
 * @throws Error in words for whoever wrote it
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

/** Whether `text` is an ID of this peer, in any form. */
export function isPeerId(text: string, peer: PeerId): boolean {
  if (text === peer.toString()) return true
  try {
    return readPeerId(text).equals(peer)
  } catch {
    return false
  }
}

/**
 * The address with each of its peer IDs in base58, as js-libp2p compares their texts.
 *
 * @throws Error if one of them is not a peer ID
 */
export function withUsualPeerIds(address: Multiaddr): Multiaddr {
  const components = address.getComponents()
  let isChanged = false
  const usual = components.map((component) => {
    if (component.name !== 'p2p') return component
    const value = readPeerId(component.value ?? '').toString()
    if (value === component.value) return component
    isChanged = true
    const { code, name } = component
    return { code, name, value }
  })
  return isChanged ? multiaddr(usual) : address
}

/** js-libp2p makes IDs of HTTP servers of URLs, and reads some damaged IDs as such. */
function keyed(peer: PeerId): PeerId {
  if (peer.type === 'url') throw new Error('it is the ID of a URL')
  return peer
}
