import type { Connection, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Peer } from '../peer.ts'
import { mustForceDial } from './peer-addresses.ts'

/** Times that an address is dialled while each of them has joined a dial of somebody else's to the same peer. */
const MAX_ATTEMPTS = 4

/**
 * Dials one address of a peer, or, without `force`, returns a connection that answers and has been opened to it since.
 *
 * js-libp2p has one dial for a peer at a time. A later one adds its address to that, and fails with it: also where the other dial,
 * say of the DHT, has given up after ten dead addresses, without having tried this one. So it is dialled again then.
 */
export async function dialAddress(
  peer: Peer,
  id: PeerId,
  address: Multiaddr,
  { signal, force = false }: { signal: AbortSignal; force?: boolean },
): Promise<Connection> {
  for (let attempt = 1; ; attempt += 1) {
    let hasJoined = false
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
