import type { Log, NetworkConfig } from '../relay/index.ts'
import { EMPTY_NETWORK, parseNetworkConfig } from '../relay/index.ts'
import type { NetworkStatus } from '../status/index.ts'

/** Milliseconds for `/network.json`: a start does not wait longer for a server that hangs. */
const FETCH_TIMEOUT_MS = 5_000

/** The service worker sets it in an answer that it had kept, and says why it is not the server's. */
const KEPT_HEADER = 'libp2p-websocket-kept'

interface Reading extends Pick<NetworkStatus, 'state' | 'problems'> {
  network: NetworkConfig
}

/**
 * `/network.json`, which is read anew each time. What is wrong with it is said once, for as long as it stays the same, and
 * the rest of it works.
 */
export class NetworkFile {
  readonly #url: URL
  readonly #log: Log
  #said = ''
  #status: NetworkStatus = { source: 'file', state: 'unread', problems: [] }

  constructor(url: URL, log: Log) {
    this.#url = url
    this.#log = log
  }

  /** How the last reading went. */
  get status(): NetworkStatus {
    return this.#status
  }

  /** Does not reject: a file that cannot be used names nobody. */
  async read(): Promise<NetworkConfig> {
    const { network, state, problems } = await this.#fetch()
    this.#status = { source: 'file', state, problems }
    this.#say(problems)
    return network
  }

  async #fetch(): Promise<Reading> {
    let response: Response
    try {
      response = await fetch(this.#url, {
        cache: 'no-store',
        signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
      })
    } catch (error) {
      return nothing('unreachable', `it cannot be fetched: ${String(error)}`)
    }
    const { status } = response
    if (status === 404 || status === 410) return nothing('missing', `there is none: it answers ${status}`)
    if (!response.ok) return nothing('unreachable', `it answers ${status}`)
    try {
      const value: unknown = await response.json()
      if (!isJsonObject(value)) return nothing('not-json', 'it is not a JSON object')
      const { network, problems } = parseNetworkConfig(value)
      const kept = response.headers.get(KEPT_HEADER)
      if (kept !== null) return { network, state: 'kept', problems: [kept, ...problems] }
      return { network, state: problems.length === 0 ? 'good' : 'flawed', problems }
    } catch (error) {
      return error instanceof SyntaxError
        ? nothing('not-json', `it is not JSON: ${error.message}`)
        : nothing('unreachable', `it cannot be fetched: ${String(error)}`)
    }
  }

  #say(problems: string[]): void {
    const words = problems.join('; ')
    if (words !== '' && words !== this.#said) this.#log('warn', `${this.#url.pathname}: ${words}`)
    this.#said = words
  }
}

function nothing(state: NetworkStatus['state'], problem: string): Reading {
  return { network: { ...EMPTY_NETWORK }, state, problems: [problem] }
}

function isJsonObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
