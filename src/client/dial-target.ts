import { decodePeerAddress, encodePeerAddress } from '../protocol/index.ts'
import type { DialTarget } from './client-options.ts'

/** A target as a Connect names it, and as its answer does. */
export interface ReadTarget {
  /** PEERID of the Connect. */
  text: string
  /** The peer's ID. A damaged address stands for itself: the relay refuses it under the name that it was given. */
  peer: string
}

/** Reads whom to dial. Whether that is a peer at all is for the relay to say. */
export function readTarget(target: DialTarget): ReadTarget {
  if (typeof target === 'string') return { text: target, peer: peerOf(target) }
  const { peer, addrs = [] } = target
  return { text: encodePeerAddress({ peer, addrs: [...addrs] }), peer }
}

function peerOf(text: string): string {
  try {
    return decodePeerAddress(text).peer
  } catch (error) {
    if (error instanceof Error) return text
    throw error
  }
}
