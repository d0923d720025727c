import type { Client, Connection } from '../../src/client/index.ts'
import type { ConnectString, RelayedRoom } from '../../src/protocol/index.ts'
import { encodePeerAddress } from '../../src/protocol/index.ts'
import { newProtocol } from './invitation.ts'
import { isObject, nextValue, tell } from './talk.ts'

/** The protocols of the 2020 chat: of a page that relays, and of a host that calls a guest back. */
const RELAY_PROTOCOL = '/x/chat-relay'
const CALLBACK_PROTOCOL = '/x/chat-callback'
/** Milliseconds for the host to call back. */
const CALLBACK_TIMEOUT_MS = 30_000

/** A link to the host of a room. Rejects in words for the guest. */
export async function reach(client: Client, room: ConnectString | RelayedRoom): Promise<Connection> {
  if (!('relay' in room)) return await client.dial(room, room.protocol)
  const listener = await client.listen(CALLBACK_PROTOCOL)
  try {
    await client.refresh()
    const token = newProtocol('')
    const relay = await client.dial({ peer: room.relay, addrs: room.addrs }, RELAY_PROTOCOL)
    tell(relay, {
      name: 'requestCallback',
      peerID: room.peer,
      callbackPeer: encodePeerAddress({ peer: client.peer, addrs: [...client.addresses] }),
      protocol: room.protocol,
      callbackProtocol: CALLBACK_PROTOCOL,
      token,
    })
    const answers = [called(listener, room, token), refused(relay), late()]
    return await Promise.race(answers).finally(() => relay.close())
  } finally {
    listener.close({ retain: true })
  }
}

/** The link by which the host calls back; its first message brings the token that this guest has sent by the relay. */
async function called(
  listener: AsyncIterable<Connection>,
  room: RelayedRoom,
  token: string,
): Promise<Connection> {
  for await (const link of listener) {
    if (link.peer === room.peer && (await nextValue(link, isObject))['token'] === token) return link
    link.close()
  }
  throw new Error('this page no longer listens for the host')
}

/** Rejects when the relaying page refuses. That it ends its link says nothing: it does so once it has passed the request on. */
async function refused(relay: Connection): Promise<never> {
  const answer = await nextValue(relay, isObject).catch(() => undefined)
  if (answer?.['name'] === 'error')
    throw new Error(`the relaying page refuses: ${String(answer['error']).slice(0, 200)}`)
  return await new Promise<never>(() => undefined)
}

async function late(): Promise<never> {
  await new Promise((resolve) => setTimeout(resolve, CALLBACK_TIMEOUT_MS))
  throw new Error(`the host has not called back in ${CALLBACK_TIMEOUT_MS / 1000} s`)
}
