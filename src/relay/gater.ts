import type { ConnectionGater } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { WebSockets } from '@multiformats/multiaddr-matcher'
import { localSpaceOf } from './local-space.ts'

/** Hosts and ports that {@link NamedAddresses} remembers; the oldest is forgotten first. */
export const MAX_NAMED_ADDRESSES = 1024

/**
 * Keeps a browser from dialling what strangers announce: private addresses and insecure WebSockets, as js-libp2p's own
 * gater for browsers does, save those that the site's configuration or the user has named.
 */
export class NamedAddresses {
  readonly #named = new Set<string>()

  readonly gater: ConnectionGater = {
    denyDialMultiaddr: (address) => {
      if (this.has(address)) return false
      return WebSockets.matches(address) || localSpaceOf(address) !== undefined
    },
  }

  /** Its host and port are allowed, whatever they are. */
  has(address: Multiaddr): boolean {
    return this.#named.has(endpointOf(address))
  }

  /** Allows the host and port that `address` begins with, also as the relay of a circuit. */
  add(address: Multiaddr): void {
    const endpoint = endpointOf(address)
    this.#named.delete(endpoint)
    this.#named.add(endpoint)
    const [oldest] = this.#named
    if (this.#named.size > MAX_NAMED_ADDRESSES && oldest !== undefined) this.#named.delete(oldest)
  }
}

/** Host and port: what comes before the first peer ID or transport above TCP and UDP. */
function endpointOf(address: Multiaddr): string {
  return address
    .getComponents()
    .slice(0, 2)
    .map(({ name, value }) => `/${name}/${value ?? ''}`)
    .join('')
}
