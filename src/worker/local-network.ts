import { isLoopback, isPrivate } from '@libp2p/utils'
import type { Multiaddr } from '@multiformats/multiaddr'
import { WebSockets } from '@multiformats/multiaddr-matcher'
import type { HostStatus } from '../status/index.ts'

type State = NonNullable<HostStatus['localNetwork']>

/** Where an address is: on this machine, or in a network that is nobody else's. The others are public. */
type Space = 'loopback' | 'local'

/** Names that browsers have for the permission to reach each, the newest first. */
const NAMES: Readonly<Record<Space, readonly string[]>> = {
  loopback: ['loopback-network', 'local-network-access'],
  local: ['local-network', 'local-network-access'],
}

/** Hosts on this machine or in its own network: a browser asks nothing for their pages. */
const LOCAL_HOST =
  /^(?:localhost|.*\.localhost|.*\.local|127\..*|10\..*|192\.168\..*|169\.254\..*|172\.(?:1[6-9]|2\d|3[01])\..*|\[::1\]|\[f[cde].*\])$/u

/**
 * Whether this site's peer may dial into the local network: the browser, where it asks for that, and the user must let it. A
 * worker cannot ask; a page does.
 */
export class LocalNetwork {
  readonly #isLocalSite: boolean
  readonly #states = new Map<Space, State>()
  readonly #changed: () => void

  /** `hostname` is the site's. `changed` is called when the user has decided otherwise than before. */
  constructor(hostname: string, changed: () => void) {
    this.#isLocalSite = LOCAL_HOST.test(hostname)
    this.#changed = changed
    if (this.#isLocalSite) return
    void this.#watch('loopback')
    void this.#watch('local')
  }

  /** The worst of what holds for this machine and for its network. Undefined where the browser does not ask, or not yet. */
  get state(): HostStatus['localNetwork'] {
    const states = new Set(this.#states.values())
    return (['denied', 'prompt', 'granted'] as const).find((state) => states.has(state))
  }

  /** Why the browser does not let this address be dialled: it is not even tried then. Undefined if it does. */
  refusal(address: Multiaddr): string | undefined {
    const space = spaceOf(address)
    const state = space === undefined ? undefined : this.#states.get(space)
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
    const space = spaceOf(address)
    if (space !== undefined && this.#states.get(space) === 'granted') return undefined
    if (space !== undefined)
      return this.refusal(address) ?? 'it is in the local network: name it in the settings of the peer first'
    if (WebSockets.matches(address)) return 'it is not encrypted: name it in the settings of the peer first'
    return undefined
  }

  async #watch(space: Space): Promise<void> {
    for (const name of NAMES[space]) {
      try {
        const status = await navigator.permissions.query({ name: name as PermissionName })
        this.#states.set(space, status.state)
        status.addEventListener('change', () => {
          this.#states.set(space, status.state)
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

function spaceOf(address: Multiaddr): Space | undefined {
  if (isLoopback(address)) return 'loopback'
  return isPrivate(address) ? 'local' : undefined
}
