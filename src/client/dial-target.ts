import { decodePeerAddress, encodePeerAddress } from '../protocol/index.ts'
import type { DialTarget } from './client-options.ts'

/** A parsed {@link DialTarget}. */
export interface ReadTarget {
  /** PEERID of the Connect message. */
  text: string
  /** The peer ID in the relay's answer. For a damaged address, this is the whole text. */
  peer: string
}

/** Parses a dial target. The relay checks whether the peer ID is valid. */
export function readTarget(target: DialTarget): ReadTarget {
  if (typeof target === 'string') return { text: target, peer: peerOf(target) }
  const { peer, addrs = [] } = target
  const text = encodePeerAddress({ peer: peer.trim(), addrs: [...addrs] })
  return { text, peer: peerOf(text) }
}

/** Reads it as the relay does, so that the answer has the same name. */
function peerOf(text: string): string {
  try {
    return decodePeerAddress(text).peer
  } catch (error) {
    if (error instanceof Error) return text
    throw error
  }
}
