import { SUBPROTOCOL } from '../protocol/index.ts'
import { Client } from './client.ts'
import { ClientError } from './client-error.ts'
import { KnownRelays } from './known-relays.ts'
import type { ClientLimits } from './limits.ts'
import { DEFAULT_LIMITS, SCRIPTLESS_OPEN_TIMEOUT_MS } from './limits.ts'
import { NeverOpenedError } from './never-opened-error.ts'
import { lacksScript, pageSurroundings } from './relay-hint.ts'
import type { WebSocketConstructor, WebSocketLike } from './web-socket-like.ts'

/** The version of the package. The bundler inserts it. */
declare const __VERSION__: string

const knownRelays = new KnownRelays()

/** Options of {@link connect}. */
export interface ConnectOptions {
  /**
   * WebSocket subprotocols to offer. Default: `libp2p-websocket.1`, and none if the relay doesn't know that.
   * An empty list selects the protocol of 2020.
   */
  protocols?: string[]
  /**
   * The private key to start the peer with, as base64 of its libp2p protobuf. Default empty: the relay's
   * stored identity, or a new one. A running peer keeps its own key, so compare `client.key`.
   */
  key?: string
  /** Aborts the attempt. It has no effect once connected. */
  signal?: AbortSignal
  /** The WebSocket class to use; default the global one. */
  WebSocket?: WebSocketConstructor
  /** Bounds that differ from {@link DEFAULT_LIMITS}. */
  limits?: Partial<ClientLimits>
}

/**
 * Opens a WebSocket to a relay, starts its peer if necessary, and resolves to a client once the peer is
 * identified.
 *
 * Rejects with `ERR_RELAY_UNREACHABLE`, `ERR_RELAY_LOST`, `ERR_PROTOCOL` (the relay rejects the key),
 * `ERR_TIMEOUT`, or the signal's reason, and then closes the WebSocket. For an invalid URL it rejects with
 * the WebSocket's `SyntaxError`.
 */
export async function connect(url: string | URL, options: ConnectOptions = {}): Promise<Client> {
  options.signal?.throwIfAborted()
  // Node 20 has no WebSocket of its own.
  const own = globalThis.WebSocket as WebSocketConstructor | undefined
  const Socket = options.WebSocket ?? own
  if (Socket === undefined) {
    throw new ClientError(
      'ERR_INVALID_ARGUMENT',
      'There is no global WebSocket here. Pass one as the option WebSocket.',
    )
  }
  warnOfOtherVersion(pageSurroundings().report)
  const { protocols } = options
  const attempt = { url: String(url), Socket, options }
  if (protocols !== undefined) return await open(attempt, protocols)
  const known = knownRelays.get(attempt.url)
  try {
    return await open(attempt, known === '' ? [] : [SUBPROTOCOL])
  } catch (error) {
    if (!(error instanceof NeverOpenedError)) throw error
    // If something was known, it may be outdated, and the next call finds out again.
    knownRelays.delete(attempt.url)
    if (known !== undefined) throw error
  }
  // A WebSocket fails to open if its server doesn't know the subprotocol that it offers.
  return await open(attempt, [])
}

/** One attempt of {@link connect}. */
interface Attempt {
  url: string
  Socket: WebSocketConstructor
  options: ConnectOptions
}

async function open({ url, Socket, options }: Attempt, protocols: string[]): Promise<Client> {
  const socket = new Socket(url, protocols)
  if (lacksScript(url, pageSurroundings())) closeUnopened(socket)
  const client = new Client({
    url,
    socket,
    // Other classes may keep a reference to the data after `send`; `ws` does, because it compresses in
    // threads. Ours and the platforms' own don't, and unlike `ws` they are EventTargets.
    copiesOnSend: options.WebSocket === undefined && socket instanceof EventTarget,
    key: options.key ?? '',
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    signal: options.signal,
  })
  try {
    const identified = await client.identified
    if (options.protocols === undefined) knownRelays.set(url, client.subprotocol)
    return identified
  } catch (error) {
    client.close()
    throw error
  }
}

let hasWarned = false

/** Warns once if the page loads scripts that were copied from another version of the package. */
function warnOfOtherVersion(report: unknown): void {
  const version = typeof report === 'object' && report !== null && 'version' in report && report.version
  if (hasWarned || typeof version !== 'string' || version === __VERSION__) return
  hasWarned = true
  console.warn(
    `libp2p-websocket: this page’s scripts are of version ${version}, but its client is of ${__VERSION__}. Run “npx libp2p-websocket copy” again.`,
  )
}

function closeUnopened(socket: WebSocketLike): void {
  const timer = setTimeout(() => socket.close(), SCRIPTLESS_OPEN_TIMEOUT_MS)
  const stop = (): void => clearTimeout(timer)
  socket.addEventListener('open', stop)
  socket.addEventListener('error', stop)
}

/**
 * Returns the URL of the relay of a page's site. If this page has loaded `libp2p-websocket.js` from the same
 * host, the relay is beside the script, because a site may be in a directory of its host. Otherwise it is
 * `/libp2p` on the page's host. A blob URL counts as the site that created it.
 *
 * Throws `ERR_INVALID_ARGUMENT` for a page without a site, such as one opened from a file.
 */
export function relayUrl(page: string | URL): string {
  const { origin } = new URL(page)
  if (!/^https?:/u.test(origin)) {
    throw new ClientError(
      'ERR_INVALID_ARGUMENT',
      `No relay belongs to ${String(page)}. Open the page over http or https, or pass the URL of a relay to connect().`,
    )
  }
  const url = new URL('/libp2p', origin)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  const beside = urlOfReport(Reflect.get(globalThis, 'libp2pWebSocket'))
  return beside !== undefined && new URL(beside).host === url.host ? beside : url.href
}

/** Reads the relay's URL from the report of `libp2p-websocket.js`, which may be of any build. */
function urlOfReport(report: unknown): string | undefined {
  if (typeof report !== 'object' || report === null || !('url' in report)) return undefined
  return typeof report.url === 'string' && URL.canParse(report.url) ? report.url : undefined
}
