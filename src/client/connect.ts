import { Client } from './client.ts'
import { ClientError } from './client-error.ts'
import type { ClientLimits } from './limits.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import type { WebSocketConstructor } from './web-socket-like.ts'

/** How to reach a relay. */
export interface ConnectOptions {
  /** Subprotocols to offer; none by default, and then the relay speaks exactly the documented protocol. */
  protocols?: string[]
  /**
   * The private key of the peer, base64 of the libp2p protobuf, if this client is the one that starts it. Empty by default:
   * the relay's stored identity, or a new one. A peer that runs already keeps its own: compare `client.key`.
   */
  key?: string
  /** Ends the wait, and the attempt with it; no effect once connected. */
  signal?: AbortSignal
  /** The class to use; the global `WebSocket` by default. */
  WebSocket?: WebSocketConstructor
  /** Bounds that differ from {@link DEFAULT_LIMITS}. */
  limits?: Partial<ClientLimits>
}

/**
 * Opens a WebSocket to a relay, starts its peer if it does not run, and gives a client once the peer has said who it is.
 *
 * Rejects with `ERR_RELAY_UNREACHABLE`, `ERR_RELAY_LOST`, `ERR_PROTOCOL` (the relay does not take the key),
 * `ERR_TIMEOUT`, or the signal's reason; the WebSocket is closed then. A URL that is none is the `SyntaxError` of the WebSocket.
 */
export async function connect(url: string | URL, options: ConnectOptions = {}): Promise<Client> {
  options.signal?.throwIfAborted()
  const Socket: WebSocketConstructor | undefined = options.WebSocket ?? globalThis.WebSocket
  if (Socket === undefined) {
    throw new ClientError('ERR_INVALID_ARGUMENT', 'there is no global WebSocket here: give one as an option')
  }
  const socket = new Socket(url, options.protocols ?? [])
  const client = new Client({
    url: String(url),
    socket,
    // A class that is given may keep what it is to send, and look at it later; so may `ws`, which compresses in threads, in the
    // global's place. The platforms' own classes, and ours, do not, and are EventTargets, which `ws` is not.
    copiesOnSend: options.WebSocket === undefined && socket instanceof EventTarget,
    key: options.key ?? '',
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    signal: options.signal,
  })
  try {
    return await client.identified
  } catch (error) {
    client.close()
    throw error
  }
}

/**
 * The relay of the site that a page comes from: beside `libp2p-websocket.js`, where the page of that URL is this one and has loaded
 * it, else `/libp2p` of the page's host. A site may lie below a path of its host, and only the script's place tells. A page in a
 * frame made of a blob comes from the site that made it.
 *
 * Throws `ERR_INVALID_ARGUMENT` for a page that comes from no site, such as one opened from a file.
 */
export function relayUrl(page: string | URL): string {
  const { origin } = new URL(page)
  if (!/^https?:/u.test(origin)) {
    throw new ClientError(
      'ERR_INVALID_ARGUMENT',
      `${String(page)} comes from no site, so it has no relay: open the page over http or https, or give connect() the URL of a relay`,
    )
  }
  const url = new URL('/libp2p', origin)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  const beside = urlOfReport(Reflect.get(globalThis, 'libp2pWebSocket'))
  return beside !== undefined && new URL(beside).host === url.host ? beside : url.href
}

/** What `libp2p-websocket.js` says of the relay's place, of whatever build it is. */
function urlOfReport(report: unknown): string | undefined {
  if (typeof report !== 'object' || report === null || !('url' in report)) return undefined
  return typeof report.url === 'string' && URL.canParse(report.url) ? report.url : undefined
}
