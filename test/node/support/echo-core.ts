import type { ControlSocket } from '../../../src/node/index.ts'
import type { ServerCore } from '../../../src/node/server-core.ts'

/** What the core tells a client that may have the key, first of all. */
export const SECRET = 'the private key'

export interface EchoCore extends ServerCore {
  /** Clients that are there. */
  readonly present: number
  /** Clients that have been there. */
  readonly gone: number
}

/**
 * The least that can stand behind the server: it tells a client the secret if it may have it, else `nothing`, and sends back
 * what it gets.
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
