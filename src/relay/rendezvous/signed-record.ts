import type { PeerId } from '@libp2p/interface'
import { peerIdFromCID } from '@libp2p/peer-id'
import { PeerRecord, RecordEnvelope } from '@libp2p/peer-record'
import type { Multiaddr } from '@multiformats/multiaddr'
import { addressesOfPeer } from '../addresses/by-peer.ts'
import { MAX_ADDRESSES, MAX_RECORD_BYTES } from './limits.ts'

/** A peer's own statement of its addresses, with a valid signature. */
export interface SignedRecord {
  peer: PeerId
  /** A later record of the same peer has a higher one. */
  sequence: bigint
  /** Up to {@link MAX_ADDRESSES}, which end in the peer's `/p2p/…`. */
  addresses: Multiaddr[]
  /** The envelope. */
  bytes: Uint8Array
}

/** Returns the peer that has signed a record, without checking the signature. Throws an Error if it can't. */
export function signerOf(bytes: Uint8Array): string {
  return peerIdFromCID(envelopeOf(bytes).publicKey.toCID()).toString()
}

/** Opens an envelope and checks its signature. Rejects if the record is too long, malformed or forged. */
export async function openSignedRecord(bytes: Uint8Array): Promise<SignedRecord> {
  envelopeOf(bytes)
  const { publicKey, payload } = await RecordEnvelope.openAndCertify(bytes, PeerRecord.DOMAIN)
  const peer = peerIdFromCID(publicKey.toCID())
  const { peerId, seqNumber, multiaddrs } = PeerRecord.createFromProtobuf(payload)
  if (!peerId.equals(peer)) throw new Error(`${peer.toString()} has signed a record of ${peerId.toString()}`)
  return {
    peer,
    sequence: seqNumber,
    addresses: addressesOfPeer(multiaddrs.slice(0, MAX_ADDRESSES), peer),
    bytes,
  }
}

function envelopeOf(bytes: Uint8Array): RecordEnvelope {
  if (bytes.byteLength > MAX_RECORD_BYTES)
    throw new Error(`a signed peer record of ${bytes.byteLength} bytes, but the limit is ${MAX_RECORD_BYTES}`)
  return RecordEnvelope.createFromProtobuf(bytes)
}
