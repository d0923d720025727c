import type { Connection, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Peer } from '../peer.ts'
import { mustForceDial } from './peer-addresses.ts'

/**
 * How often one address is dialled, if each attempt only joins another caller's dial to the same peer and
 * fails with it.
 */
const MAX_ATTEMPTS = 4

/**
 * Dials one address of a peer. Without `force`, it may return an open connection to the peer instead, if that
 * one answers.
 *
 * js-libp2p runs one dial for each peer at a time. A second caller's address joins the running dial, and both
 * fail together, even if the first one (the DHT's, say) gave up before it tried the second one's address.
 * Such an address is dialled again here.
 */
export async function dialAddress(
  peer: Peer,
  id: PeerId,
  address: Multiaddr,
  { signal, force = false }: { signal: AbortSignal; force?: boolean },
): Promise<Connection> {
  for (let attempt = 1; ; attempt += 1) {
    // `as boolean`, because the type checker doesn't see that the callback changes it.
    let hasJoined = false as boolean
    try {
      return await peer.libp2p.dial(address, {
        signal,
        force: force || mustForceDial(peer, id),
        onProgress: ({ type }) => {
          hasJoined ||= type === 'dial-queue:already-in-dial-queue'
        },
      })
    } catch (error) {
      if (!hasJoined || signal.aborted || attempt >= MAX_ATTEMPTS) throw error
    }
  }
}
