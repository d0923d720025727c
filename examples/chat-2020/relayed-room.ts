import type { Client, Connection } from '../../src/client/index.ts'
import type { ConnectString, RelayedRoom } from '../../src/protocol/index.ts'
import { encodePeerAddress } from '../../src/protocol/index.ts'
import { randomLetters } from './connect-string.ts'
import { isObject } from '../shared/fields.ts'
import { nextValue, sendValue } from './talk.ts'

/** Protocols of the 2020 chat: requests to a relaying page, and calls back from a host to a guest. */
const RELAY_PROTOCOL = '/x/chat-relay'
const CALLBACK_PROTOCOL = '/x/chat-callback'
/** Milliseconds to wait for the host's call. */
const CALLBACK_TIMEOUT_MS = 30_000

/** Connects to the host of a room. Rejects with an error for the user. */
export async function connectToHost(client: Client, room: ConnectString | RelayedRoom): Promise<Connection> {
  if (!('relay' in room)) return await client.dial(room, room.protocol)
  const listener = await client.listen(CALLBACK_PROTOCOL)
  try {
    await client.refresh()
    const token = randomLetters()
    const relay = await client.dial({ peer: room.relay, addrs: room.addrs }, RELAY_PROTOCOL)
    sendValue(relay, {
      name: 'requestCallback',
      peerID: room.peer,
      callbackPeer: encodePeerAddress({ peer: client.peer, addrs: [...client.addresses] }),
      protocol: room.protocol,
      callbackProtocol: CALLBACK_PROTOCOL,
      token,
    })
    const answers = [waitForCall(listener, room, token), waitForRefusal(relay), timeOut()]
    return await Promise.race(answers).finally(() => relay.close())
  } finally {
    listener.close({ retain: true })
  }
}

/**
 * Waits for the connection from the host, whose first message contains the token that this page sent via the
 * relaying page.
 */
async function waitForCall(
  listener: AsyncIterable<Connection>,
  room: RelayedRoom,
  token: string,
): Promise<Connection> {
  for await (const connection of listener) {
    if (connection.peer === room.peer && (await nextValue(connection, isObject))['token'] === token)
      return connection
    connection.close()
  }
  throw new Error('this page stopped waiting for the host; reload it to try again')
}

/**
 * Rejects if the relaying page refuses. Ignores the end of its connection, which it closes after forwarding
 * the request.
 */
async function waitForRefusal(relay: Connection): Promise<never> {
  const answer = await nextValue(relay, isObject).catch(() => undefined)
  if (answer?.['name'] === 'error')
    throw new Error(`the relaying page refused: ${String(answer['error']).slice(0, 200)}`)
  return await new Promise<never>(() => undefined)
}

async function timeOut(): Promise<never> {
  await new Promise((resolve) => setTimeout(resolve, CALLBACK_TIMEOUT_MS))
  throw new Error(`the host did not call back within ${CALLBACK_TIMEOUT_MS / 1000} s`)
}
