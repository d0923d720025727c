import type { Log, NetworkConfig } from '../relay/index.ts'
import { EMPTY_NETWORK, parseNetworkConfig } from '../relay/index.ts'
import type { NetworkStatus } from '../status/index.ts'

/** Milliseconds to wait for `/network.json`. The peer starts only afterwards. */
const FETCH_TIMEOUT_MS = 5_000

/**
 * The header that `service-worker/network-file.ts` adds to a cached response. Its value says why the response
 * doesn't come from the server.
 */
const KEPT_HEADER = 'libp2p-websocket-kept'

interface ReadResult extends Pick<NetworkStatus, 'state' | 'problems'> {
  network: NetworkConfig
}

/**
 * Reads `/network.json`. Invalid entries are skipped; problems are logged again only if they have changed.
 */
export class NetworkFile {
  readonly #url: URL
  readonly #log: Log
  #logged = ''
  #status: NetworkStatus = { source: 'file', state: 'unread', problems: [] }

  constructor(url: URL, log: Log) {
    this.#url = url
    this.#log = log
  }

  /** The outcome of the last {@link read}. */
  get status(): NetworkStatus {
    return this.#status
  }

  /** Fetches the file. Never rejects: a file that can't be used counts as empty. */
  async read(): Promise<NetworkConfig> {
    const { network, state, problems } = await this.#fetch()
    this.#status = { source: 'file', state, problems }
    this.#logWarning()
    return network
  }

  async #fetch(): Promise<ReadResult> {
    let response: Response
    try {
      response = await fetch(this.#url, {
        cache: 'no-store',
        signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
      })
    } catch (error) {
      return emptyResult('unreachable', `it can't be fetched: ${String(error)}`)
    }
    const { status } = response
    const type = response.headers.get('content-type') ?? 'no type'
    if (status === 404 || status === 410) return emptyResult('missing', `it doesn't exist (status ${status})`)
    if (!response.ok) return emptyResult('unreachable', `the server answers with status ${status}`)
    try {
      const value: unknown = await response.json()
      if (!isJsonObject(value)) return emptyResult('not-json', 'it is not a JSON object')
      const { network, problems } = parseNetworkConfig(value)
      const kept = response.headers.get(KEPT_HEADER)
      if (kept !== null) return { network, state: 'kept', problems: [kept, ...problems] }
      return { network, state: problems.length === 0 ? 'good' : 'flawed', problems }
    } catch (error) {
      return error instanceof SyntaxError
        ? emptyResult('not-json', `it is not JSON but ${type}: ${error.message}`)
        : emptyResult('unreachable', `it can't be fetched: ${String(error)}`)
    }
  }

  /** What is wrong with the file, and what follows from it, for people; empty if nothing is. */
  get warning(): string {
    const { problems, state } = this.#status
    if (problems.length === 0) return ''
    const isUseless = state === 'missing' || state === 'unreachable' || state === 'not-json'
    const effect = isUseless
      ? '. So no circuit relay is known, by which other browsers could reach this one'
      : ''
    return `${this.#url.pathname}: ${problems.join('; ')}${effect}`
  }

  #logWarning(): void {
    const { warning } = this
    if (warning !== '' && warning !== this.#logged) this.#log('warn', warning)
    this.#logged = warning
  }
}

function emptyResult(state: NetworkStatus['state'], problem: string): ReadResult {
  return { network: { ...EMPTY_NETWORK }, state, problems: [problem] }
}

function isJsonObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
