import type { Log, NetworkConfig } from '../relay/index.ts'
import { EMPTY_NETWORK, parseNetworkConfig } from '../relay/index.ts'

/** Milliseconds for `/network.json`: a start does not wait longer for a server that hangs. */
const FETCH_TIMEOUT_MS = 5_000

/**
 * `/network.json`, which is read anew each time. What is wrong with it is said once, for as long as it stays the same, and
 * the rest of it works.
 */
export class NetworkFile {
  readonly #url: URL
  readonly #log: Log
  #said = ''

  constructor(url: URL, log: Log) {
    this.#url = url
    this.#log = log
  }

  async read(): Promise<NetworkConfig> {
    try {
      const response = await fetch(this.#url, {
        cache: 'no-store',
        signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
      })
      if (!response.ok) throw new Error(`it answers ${response.status}`)
      const { network, problems } = parseNetworkConfig(await response.json())
      this.#say(problems)
      return network
    } catch (error) {
      this.#say([`it cannot be used, so it names no relay: ${String(error)}`])
      return { ...EMPTY_NETWORK }
    }
  }

  #say(problems: string[]): void {
    const words = problems.join('; ')
    if (words !== '' && words !== this.#said) this.#log('warn', `${this.#url.pathname}: ${words}`)
    this.#said = words
  }
}
