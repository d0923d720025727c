import type { ControlSocket } from '../../../src/node/index.ts'
import type { ServerCore } from '../../../src/node/server-core.ts'

/** The first message to a client that may have the key. */
export const SECRET = 'the private key'

export interface EchoCore extends ServerCore {
  /** Clients that are connected. */
  readonly present: number
  /** Clients that have been connected. */
  readonly gone: number
}

/**
 * The smallest core for a server: it sends a client the secret if the client may have it, else `nothing`, and
 * echoes what it receives.
 */
export function echoCore(): EchoCore {
  let present = 0
  let gone = 0
  return {
    get present() {
      return present
    },
    get gone() {
      return gone
    },
    accept(socket: ControlSocket, { mayHaveKey }) {
      present += 1
      socket.send(new TextEncoder().encode(mayHaveKey ? SECRET : 'nothing'))
      return {
        message(data) {
          socket.send(
            typeof data === 'string' ? new TextEncoder().encode(`text: ${data}`) : Uint8Array.from(data),
          )
        },
        drain() {},
        closed() {
          present -= 1
          gone += 1
        },
      }
    },
    network: () => ({ relays: [], bootstrap: [], delegatedRouting: [], iceServers: [] }),
    status: () => ({ clients: present }),
    metrics: async () => `clients ${present}\n`,
  }
}
