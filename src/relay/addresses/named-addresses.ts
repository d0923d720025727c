import type { ConnectionGater } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { dialEndpoint } from './dial-endpoint.ts'
import { localSpaceOf } from './local-space.ts'

/** Hosts and ports that {@link NamedAddresses} remembers. The oldest is forgotten first. */
export const MAX_NAMED_ADDRESSES = 1024

/**
 * Lets a browser dial private addresses and insecure WebSockets only if the site's configuration or the user
 * has named them, as strangers may announce any address. js-libp2p's own gater for browsers denies them all.
 */
export class NamedAddresses {
  readonly #named = new Set<string>()

  readonly gater: ConnectionGater = {
    denyDialMultiaddr: (address) => {
      if (this.has(address)) return false
      return localSpaceOf(address) !== undefined || isPlainWebSocket(address)
    },
  }

  /** Returns whether the host and port of an address have been named. */
  has(address: Multiaddr): boolean {
    const endpoint = endpointOf(address)
    return endpoint !== undefined && this.#named.has(endpoint)
  }

  /**
   * Allows the host and port that a dial of `address` connects to. They are allowed as a circuit relay too.
   */
  add(address: Multiaddr): void {
    const endpoint = endpointOf(address)
    if (endpoint === undefined) return
    this.#named.delete(endpoint)
    this.#named.add(endpoint)
    const [oldest] = this.#named
    if (this.#named.size > MAX_NAMED_ADDRESSES && oldest !== undefined) this.#named.delete(oldest)
  }
}

/**
 * Returns whether a dial of the address opens a WebSocket without TLS. Throws as {@link dialEndpoint} does.
 */
export function isPlainWebSocket(address: Multiaddr): boolean {
  return dialEndpoint(address)?.url?.protocol === 'ws:'
}

/**
 * Returns the host and port that a dial connects to. Undefined if it opens no connection of its own, such as
 * a circuit over an existing one.
 */
function endpointOf(address: Multiaddr): string | undefined {
  try {
    const endpoint = dialEndpoint(address)
    return endpoint === undefined ? undefined : `${endpoint.host}:${endpoint.port}`
  } catch {
    // An address that cannot be written as a URL is never dialled, so it cannot be named.
    return undefined
  }
}
