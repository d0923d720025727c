import { askServer } from './local-server.ts'

const CACHE = 'libp2p-websocket-network'
/** Marks a stored answer, and says why the server's wasn't used. `worker/network-file.ts` reads it. */
const KEPT_HEADER = 'libp2p-websocket-kept'
/** The fields of `/network.json`: lists, and one number. */
const LISTS = new Set(['relays', 'bootstrap', 'delegatedRouting', 'iceServers'])
const NUMBER = 'reservations'

/**
 * Answers with `/network.json` from the server, or the last valid one if the server has none at present. So
 * peers keep their circuit relays while a site is down or asks for a login.
 */
export class KeptNetworkFile {
  readonly #url: string

  /** @param url without a query */
  constructor(url: URL) {
    this.#url = url.href
  }

  /** Resolves to whether a file is stored. */
  async isKept(): Promise<boolean> {
    return (await this.#kept()) !== undefined
  }

  /** Stores the server's file if it is valid. Never rejects. */
  async keep(): Promise<void> {
    await this.answer(new Request(this.#url, { cache: 'no-store' }))
  }

  /** Answers with the server's file if it is valid or none is stored; otherwise with the stored one. */
  async answer(request: Request): Promise<Response> {
    const response = await askServer(request)
    const problem = response === undefined ? 'the server does not answer' : await problemOf(response.clone())
    if (response !== undefined && problem === undefined) {
      await this.#put(response.clone())
      return response
    }
    const kept = await this.#kept()
    if (kept === undefined) return response ?? Response.error()
    const headers = new Headers(kept.headers)
    headers.set(KEPT_HEADER, problem ?? '')
    return new Response(kept.body, { headers })
  }

  async #kept(): Promise<Response | undefined> {
    return await caches.match(this.#url, { cacheName: CACHE })
  }

  async #put(response: Response): Promise<void> {
    try {
      const cache = await caches.open(CACHE)
      await cache.put(this.#url, response)
    } catch (error) {
      // Storage is full. Without a stored file, `answer` passes on whatever the server says.
      console.debug('libp2p-websocket:', error)
    }
  }
}

/** Resolves to why an answer is not a valid network file; undefined if it is. */
async function problemOf(response: Response): Promise<string | undefined> {
  const { ok, status, headers } = response
  const isPage = /^text\/html\b/iu.test(headers.get('content-type') ?? '')
  if (status === 401 || status === 403 || (ok && isPage))
    return `the server asks for a login (status ${status})`
  if (!ok) return `the server answers with status ${status}`
  try {
    return isNetwork(await response.json()) ? undefined : 'the server answers with JSON of another format'
  } catch (error) {
    console.debug('libp2p-websocket:', error)
    return 'the server answers with something that is not JSON'
  }
}

/**
 * Checks only that the fields are lists. Invalid entries are reported by the peer, which uses the valid ones.
 */
function isNetwork(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const entries = Object.entries(value)
  const known = entries.filter(([name]) => LISTS.has(name) || name === NUMBER)
  return (
    (known.length > 0 || entries.length === 0) &&
    known.every(([name, list]) => name === NUMBER || Array.isArray(list))
  )
}
