import type { Multiaddr } from '@multiformats/multiaddr'
import { isPlainWebSocket, localSpaceOf, spaceOfHost } from '../relay/index.ts'
import type { HostStatus, LocalSpace } from '../status/index.ts'

type States = NonNullable<HostStatus['localNetwork']>

/** The permission names of each address space in different browser versions, newest first. */
const NAMES: Readonly<Record<LocalSpace, readonly string[]>> = {
  loopback: ['loopback-network', 'local-network-access'],
  local: ['local-network', 'local-network-access'],
}

/**
 * Decides whether this site's peer may dial addresses of the local network. Some browsers ask the user for
 * permission, which a page has to request, because a worker can't.
 */
export class LocalNetwork {
  readonly #isLocalSite: boolean
  readonly #states: States = {}
  readonly #changed: () => void

  /**
   * @param hostname the site's host
   * @param changed called when the user changes a permission
   */
  constructor(hostname: string, changed: () => void) {
    // Browsers don't ask on behalf of sites that are in the local network themselves.
    this.#isLocalSite = spaceOfHost(hostname) !== undefined
    this.#changed = changed
    if (this.#isLocalSite) return
    void this.#watch('loopback')
    void this.#watch('local')
  }

  /**
   * The permissions as the user has set them. Undefined where the browser has none, or hasn't reported them
   * yet.
   */
  get states(): HostStatus['localNetwork'] {
    return Object.keys(this.#states).length === 0 ? undefined : { ...this.#states }
  }

  /** Returns why the browser's permissions forbid dialing this address; undefined if they don't. */
  permissionRefusalOf(address: Multiaddr): string | undefined {
    const space = localSpaceOf(address)
    const state = space === undefined ? undefined : this.#states[space]
    if (space === undefined || state === undefined || state === 'granted') return undefined
    const where = space === 'loopback' ? 'this machine itself' : 'the local network'
    return state === 'denied'
      ? `the browser does not allow this site to reach ${where}`
      : `the browser has not been allowed yet to let this site reach ${where}`
  }

  /**
   * Returns why an address that only a page has named, as in a connect string, must not be dialed; undefined
   * if it may.
   *
   * A link from anyone can contain any address. An address in the local network, or one without TLS, is
   * therefore allowed only if the site itself is in the local network or the user has given the site
   * permission.
   */
  refusalOf(address: Multiaddr): string | undefined {
    if (this.#isLocalSite) return undefined
    const space = localSpaceOf(address)
    if (space !== undefined && this.#states[space] === 'granted') return undefined
    if (space !== undefined)
      return (
        this.permissionRefusalOf(address) ?? 'it is in the local network: add it to the peer’s settings first'
      )
    if (isPlainWebSocket(address)) return 'it is not encrypted: add it to the peer’s settings first'
    return undefined
  }

  async #watch(space: LocalSpace): Promise<void> {
    for (const name of NAMES[space]) {
      try {
        const status = await navigator.permissions.query({ name: name as PermissionName })
        this.#states[space] = status.state
        status.addEventListener('change', () => {
          this.#states[space] = status.state
          this.#changed()
        })
        return
      } catch (error) {
        // A TypeError means that this browser doesn't know the permission.
        console.debug('libp2p-websocket:', error)
      }
    }
  }
}
