import { askServer } from './local-server.ts'

const CACHE = 'libp2p-websocket-network'
/** Says in an answer that it is a kept one, and why, in words. */
const KEPT_HEADER = 'libp2p-websocket-kept'
/** What `/network.json` has: lists, and a number. */
const LISTS = new Set(['relays', 'bootstrap', 'delegatedRouting', 'iceServers'])
const NUMBER = 'reservations'

/**
 * `/network.json`: the server's, and while that gives none the last one that it gave. So a site that is down, or that asks for a
 * login, doesn't take the relays with it. Only a valid file takes the place of the kept one.
 */
export class KeptNetworkFile {
  readonly #url: string

  /** @param url without a query */
  constructor(url: URL) {
    this.#url = url.href
  }

  /** Whether one is kept. */
  async isKept(): Promise<boolean> {
    return (await this.#kept()) !== undefined
  }

  /** Keeps what the server has, if it is valid. Does not reject. */
  async keep(): Promise<void> {
    await this.answer(new Request(this.#url, { cache: 'no-store' }))
  }

  /** Answers with what the server has, if that is valid or nothing is kept; else with what is kept. */
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
      // There is no room for it: then there is none when the server is down.
      console.debug('libp2p-websocket:', error)
    }
  }
}

/** Why an answer is no network file, in words; undefined if it is one. */
async function problemOf(response: Response): Promise<string | undefined> {
  const { ok, status, headers } = response
  const isPage = /^text\/html\b/iu.test(headers.get('content-type') ?? '')
  if (status === 401 || status === 403 || (ok && isPage))
    return `the server asks for a login (status ${status})`
  if (!ok) return `the server answers with status ${status}`
  try {
    return isNetwork(await response.json()) ? undefined : 'the server answers with another kind of JSON'
  } catch (error) {
    console.debug('libp2p-websocket:', error)
    return 'the server answers with something that is not JSON'
  }
}

/** An object of lists. What is wrong with single entries is for the peer to say: the rest of them works. */
function isNetwork(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const entries = Object.entries(value)
  const known = entries.filter(([name]) => LISTS.has(name) || name === NUMBER)
  return (
    (known.length > 0 || entries.length === 0) &&
    known.every(([name, list]) => name === NUMBER || Array.isArray(list))
  )
}
