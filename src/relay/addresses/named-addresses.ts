import type { ConnectionGater } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { dialEndpoint } from './dial-endpoint.ts'
import { localSpaceOf } from './local-space.ts'

/** Hosts and ports that {@link NamedAddresses} remembers; the oldest is forgotten first. */
export const MAX_NAMED_ADDRESSES = 1024

/**
 * Keeps a browser from dialling what strangers announce: private addresses and insecure WebSockets, as
 * js-libp2p's own gater for browsers does, save those that the site's configuration or the user has named.
 */
export class NamedAddresses {
  readonly #named = new Set<string>()

  readonly gater: ConnectionGater = {
    denyDialMultiaddr: (address) => {
      if (this.has(address)) return false
      return localSpaceOf(address) !== undefined || isPlainWebSocket(address)
    },
  }

  /** Its host and port are allowed, whatever they are. */
  has(address: Multiaddr): boolean {
    const endpoint = endpointOf(address)
    return endpoint !== undefined && this.#named.has(endpoint)
  }

  /** Allows the host and port that a dial of `address` opens, also as the relay of a circuit. */
  add(address: Multiaddr): void {
    const endpoint = endpointOf(address)
    if (endpoint === undefined) return
    this.#named.delete(endpoint)
    this.#named.add(endpoint)
    const [oldest] = this.#named
    if (this.#named.size > MAX_NAMED_ADDRESSES && oldest !== undefined) this.#named.delete(oldest)
  }
}

/** Whether a dial of the address opens a WebSocket without TLS. Throws where {@link dialEndpoint} does. */
export function isPlainWebSocket(address: Multiaddr): boolean {
  return dialEndpoint(address)?.url?.protocol === 'ws:'
}

/**
 * The host and port that a dial opens. Undefined if it opens none of its own, as on the way through a relay
 * that is connected.
 */
function endpointOf(address: Multiaddr): string | undefined {
  try {
    const endpoint = dialEndpoint(address)
    return endpoint === undefined ? undefined : `${endpoint.host}:${endpoint.port}`
  } catch {
    // An address of which no URL can be made is never dialled, so it cannot be named.
    return undefined
  }
}
