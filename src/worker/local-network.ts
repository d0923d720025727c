import type { HostStatus } from '../status/index.ts'

/** Names that browsers have for the permission, the newest first. */
const NAMES: readonly string[] = ['local-network', 'local-network-access']

/** Hosts on this machine or in its own network: a browser asks nothing for their pages. */
const LOCAL_HOST =
  /^(?:localhost|.*\.localhost|.*\.local|127\..*|10\..*|192\.168\..*|169\.254\..*|172\.(?:1[6-9]|2\d|3[01])\..*|\[::1\]|\[f[cde].*\])$/u

/** Whether the browser lets the site reach the local network, as far as it says so. */
export class LocalNetwork {
  #state: HostStatus['localNetwork']

  /** `hostname` is the site's. */
  constructor(hostname: string) {
    if (!LOCAL_HOST.test(hostname)) void this.#watch()
  }

  /** Undefined where the browser does not ask for that, or has not answered yet. */
  get state(): HostStatus['localNetwork'] {
    return this.#state
  }

  async #watch(): Promise<void> {
    for (const name of NAMES) {
      try {
        const status = await navigator.permissions.query({ name: name as PermissionName })
        this.#state = status.state
        status.addEventListener('change', () => {
          this.#state = status.state
        })
        return
      } catch (error) {
        // A browser that does not know the name says so by a TypeError.
        console.debug('libp2p-websocket:', error)
      }
    }
  }
}
