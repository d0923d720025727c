import type { ControlSocket, ControlSocketHandlers } from '../relay/index.ts'
import { DEFAULT_BOUNDS } from '../relay/index.ts'
import type { SpokenProtocol } from '../admin/index.ts'
import { chooseProtocol } from '../admin/index.ts'
import type { AcceptedWebSocket } from '../websocket/index.ts'
import { acceptWebSocket } from '../websocket/index.ts'

/** The two endpoints that a page's socket can reach. */
export interface SocketAcceptors {
  relay(socket: ControlSocket, subprotocol: SpokenProtocol['subprotocol']): ControlSocketHandlers
  /** Accepts the sockets that ask for the admin subprotocol. */
  admin(socket: ControlSocket): ControlSocketHandlers
  /** Resolves when sockets may be accepted, within a short timeout. Undefined: now. */
  ready: Promise<void> | undefined
}

/**
 * Accepts a page's WebSocket, whose other end is `port`, as a control socket. `ended` is called once, when
 * the socket is gone. The Node build's counterpart is `node/http/ws-control-socket.ts`.
 */
export function acceptControlSocket(
  port: MessagePort,
  acceptors: SocketAcceptors,
  ended: () => void,
): AcceptedWebSocket {
  let handlers: ControlSocketHandlers | undefined
  let isGone = false
  const admit = (protocols: readonly string[]): void => {
    if (isGone) return
    const { name, isAdmin, subprotocol } = chooseProtocol(protocols)
    socket.accept(name)
    const control: ControlSocket = {
      send: (message) => socket.send(message),
      pause: () => socket.pause(),
      resume: () => socket.resume(),
      close: (code, reason) => socket.close(code, reason),
    }
    handlers = isAdmin ? acceptors.admin(control) : acceptors.relay(control, subprotocol)
  }
  const socket = acceptWebSocket(
    port,
    {
      open: ({ protocols }) => {
        if (acceptors.ready === undefined) admit(protocols)
        else void acceptors.ready.then(() => admit(protocols))
      },
      message: (data) => handlers?.message(data),
      drain: () => handlers?.drain(),
      closed: (end) => {
        isGone = true
        handlers?.closed(end)
        ended()
      },
    },
    { maxMessageBytes: DEFAULT_BOUNDS.maxMessageBytes },
  )
  return socket
}
