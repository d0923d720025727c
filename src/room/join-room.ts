import type { Client, WebSocketConstructor } from '../client/index.ts'
import { RelayLink, connect, relayUrl } from '../client/index.ts'
import type { Invitation } from './invitation.ts'
import type { RoomLimits } from './limits.ts'
import { DEFAULT_ROOM_LIMITS } from './limits.ts'
import type { PeerTarget } from './mesh.ts'
import type { RequestTypes } from './room.ts'
import { Room } from './room.ts'
import { deriveKeys } from './room-keys.ts'
import { assertText } from './room-name.ts'

/** Options of {@link joinRoom}. */
export interface JoinOptions<Messages = unknown, State = unknown> {
  /**
   * Keeps rooms of the same name apart: members have the same scope. Default the origin of the page, and
   * empty where there is none, as in Node.
   */
  scope?: string
  /** What members must know besides the name. They prove it to each other before they say anything else. */
  secret?: string
  /** The first value of `room.state`. */
  state?: State
  /** Peers that may have members, in addition to those of an invitation. */
  peers?: readonly PeerTarget[]
  /** Checks messages of others. One that it doesn't accept is dropped, with `ERR_INVALID_DATA`. */
  isMessage?: (data: unknown) => data is Messages
  /** Checks states of others. One that it doesn't accept is dropped, with `ERR_INVALID_DATA`. */
  isState?: (state: unknown) => state is State
  /** Limits that differ from {@link DEFAULT_ROOM_LIMITS}. */
  limits?: Partial<RoomLimits>
  /**
   * A client to use. The room ends with it. By default the room has its own, which connects again after a
   * loss.
   */
  client?: Client
  /** The URL of the relay for the room's own client. Default that of the page's site; see `relayUrl`. */
  url?: string | URL
  /** The WebSocket class for the room's own client; default the global one. */
  WebSocket?: WebSocketConstructor
  /** Aborts joining, and has no effect afterwards. */
  signal?: AbortSignal
}

/**
 * Joins the room of a name or an invitation, and resolves once this page is in it: when the first member is
 * there, or none was found. Members are reported as events from then on, those that are already there too.
 *
 * Rejects with a `RoomError`: `ERR_WRONG_SECRET`, `ERR_ROOM_FULL` or `ERR_INCOMPATIBLE` if another page of
 * this peer refuses, or one of the given peers, and `ERR_INVALID_ARGUMENT`; with a `ClientError` if the relay
 * can't be reached; or with the signal's reason.
 */
export async function joinRoom<
  Messages = unknown,
  State = unknown,
  Calls extends RequestTypes<Calls> = Record<string, { argument: unknown; answer: unknown }>,
>(
  room: string | Invitation,
  options: JoinOptions<Messages, State> = {},
): Promise<Room<Messages, State, Calls>> {
  const { signal, client, secret = '', scope = originOfPage() } = options
  signal?.throwIfAborted()
  const { name, peers = [] } = typeof room === 'string' ? { name: room } : room
  assertText('name', name)
  assertText('scope', scope, true)
  assertText('secret', secret, true)
  const keys = await deriveKeys(name, scope, secret)
  signal?.throwIfAborted()
  const stopped = new AbortController()
  const joined = new Room<Messages, State, Calls>({
    name,
    keys,
    limits: { ...DEFAULT_ROOM_LIMITS, ...options.limits },
    peers: [...peers, ...(options.peers ?? [])],
    state: options.state,
    isMessage: options.isMessage,
    isState: options.isState,
    left: () => stopped.abort(),
  })
  const aborted = (): void => joined.leave()
  signal?.addEventListener('abort', aborted)
  try {
    await (client === undefined ? keepConnected(joined, options, stopped.signal) : useClient(joined, client))
    signal?.throwIfAborted()
    return joined
  } catch (error) {
    joined.leave()
    throw signal?.aborted === true ? signal.reason : error
  } finally {
    signal?.removeEventListener('abort', aborted)
  }
}

async function useClient(room: ClientUser, client: Client): Promise<void> {
  void client.closed.then(({ reason }) => room.stop(reason))
  await room.start(client)
}

/** Gives the room a client of its own, and another one whenever that is lost. */
async function keepConnected(
  room: ClientUser,
  { url = relayUrl(location.href), WebSocket }: Pick<JoinOptions, 'url' | 'WebSocket'>,
  signal: AbortSignal,
): Promise<void> {
  const options = WebSocket === undefined ? {} : { WebSocket }
  await new Promise<void>((resolve, reject) => {
    let isFirst = true
    // It runs until the room is left; nobody has to tell it anything.
    void new RelayLink({
      connect: async (signal) => await connect(url, { ...options, signal }),
      changed: (state) => {
        if (state.kind === 'connected') {
          const { client } = state
          // If the room can't use this client, another one may do.
          room.start(client).then(resolve, (error: unknown) => {
            reject(error)
            client.close()
          })
        } else if (state.kind === 'waiting') {
          room.stop()
          if (isFirst) reject(state.error)
        } else if (state.kind === 'stopped') reject(new Error('the room was left'))
        if (state.kind !== 'connecting') isFirst = false
      },
      signal,
    })
  })
}

/** What the code that gives a room its client calls. */
interface ClientUser {
  start(client: Client): Promise<void>
  stop(reason?: string): void
}

/** Returns the origin of the page; empty where there is none. */
function originOfPage(): string {
  const page = globalThis.location as Location | undefined
  return page?.origin ?? ''
}
