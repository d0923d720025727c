import type { ControlSocket, ControlSocketHandlers } from '../relay/index.ts'
import { DEFAULT_BOUNDS } from '../relay/index.ts'
import { OPERATOR_PROTOCOL } from '../admin/index.ts'
import type { AcceptedWebSocket } from '../websocket/index.ts'
import { acceptWebSocket } from '../websocket/index.ts'

/** Who takes the sockets of pages in: the relay, and the operator's desk those that ask for it. */
export interface PortReception {
  relay(socket: ControlSocket): ControlSocketHandlers
  desk(socket: ControlSocket): ControlSocketHandlers
  /** What a socket waits for before it is let in: it resolves, and soon. Undefined: nothing. */
  ready: Promise<void> | undefined
}

/** Lets a page's WebSocket in, whose other end is `port`. `ended` is called once, when it is gone. */
export function acceptControlSocket(
  port: MessagePort,
  reception: PortReception,
  ended: () => void,
): AcceptedWebSocket {
  let handlers: ControlSocketHandlers | undefined
  let isGone = false
  const letIn = (protocols: readonly string[]): void => {
    if (isGone) return
    const asksDesk = protocols.includes(OPERATOR_PROTOCOL)
    socket.accept(asksDesk ? OPERATOR_PROTOCOL : '')
    const control: ControlSocket = {
      send: (message) => socket.send(message),
      pause: () => socket.pause(),
      resume: () => socket.resume(),
      close: (code, reason) => socket.close(code, reason),
    }
    handlers = asksDesk ? reception.desk(control) : reception.relay(control)
  }
  const socket = acceptWebSocket(
    port,
    {
      open: ({ protocols }) => {
        if (reception.ready === undefined) letIn(protocols)
        else void reception.ready.then(() => letIn(protocols))
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
