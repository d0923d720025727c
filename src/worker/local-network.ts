import type { Multiaddr } from '@multiformats/multiaddr'
import { isPlainWebSocket, localSpaceOf, spaceOfHost } from '../relay/index.ts'
import type { HostStatus, LocalSpace } from '../status/index.ts'

type States = NonNullable<HostStatus['localNetwork']>

/** Names that browsers have for the permission to reach each, the newest first. */
const NAMES: Readonly<Record<LocalSpace, readonly string[]>> = {
  loopback: ['loopback-network', 'local-network-access'],
  local: ['local-network', 'local-network-access'],
}

/**
 * Whether this site's peer may dial into the local network: the browser, where it asks for that, and the user must let it. A
 * worker cannot ask; a page does.
 */
export class LocalNetwork {
  readonly #isLocalSite: boolean
  readonly #states: States = {}
  readonly #changed: () => void

  /** `hostname` is the site's. `changed` is called when the user has decided otherwise than before. */
  constructor(hostname: string, changed: () => void) {
    // A browser asks nothing for pages of this machine or its own network.
    this.#isLocalSite = spaceOfHost(hostname) !== undefined
    this.#changed = changed
    if (this.#isLocalSite) return
    void this.#watch('loopback')
    void this.#watch('local')
  }

  /** What the user has decided. Undefined where the browser does not ask, or has not told yet. */
  get states(): HostStatus['localNetwork'] {
    return Object.keys(this.#states).length === 0 ? undefined : { ...this.#states }
  }

  /** Why the browser does not let this address be dialled: it is not even tried then. Undefined if it does. */
  refusal(address: Multiaddr): string | undefined {
    const space = localSpaceOf(address)
    const state = space === undefined ? undefined : this.#states[space]
    if (space === undefined || state === undefined || state === 'granted') return undefined
    const where = space === 'loopback' ? 'this machine itself' : 'the local network'
    return state === 'denied'
      ? `the browser has been told not to let this site reach ${where}`
      : `the browser has not been told yet to let this site reach ${where}`
  }

  /**
   * Why an address that only a page has named, as in a connect string, is not dialled; undefined if it is.
   *
   * Whoever makes a link chooses what is in it. So an address of the local network, or one that is not encrypted by TLS, is the user's
   * own only where the site is in that network itself, or where he has let the site reach it.
   */
  unnamed(address: Multiaddr): string | undefined {
    if (this.#isLocalSite) return undefined
    const space = localSpaceOf(address)
    if (space !== undefined && this.#states[space] === 'granted') return undefined
    if (space !== undefined)
      return this.refusal(address) ?? 'it is in the local network: name it in the settings of the peer first'
    if (isPlainWebSocket(address)) return 'it is not encrypted: name it in the settings of the peer first'
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
        // A browser that does not know the name says so by a TypeError.
        console.debug('libp2p-websocket:', error)
      }
    }
  }
}
