import type { ControlSocketHandlers, Relay } from '../relay/index.ts'
import { DEFAULT_BOUNDS } from '../relay/index.ts'
import type { AcceptedWebSocket } from '../websocket/index.ts'
import { acceptWebSocket } from '../websocket/index.ts'

/** Lets a page's WebSocket, whose other end is `port`, in to the relay. `ended` is called once, when it is gone. */
export function acceptControlSocket(port: MessagePort, relay: Relay, ended: () => void): AcceptedWebSocket {
  let handlers: ControlSocketHandlers | undefined
  const socket = acceptWebSocket(
    port,
    {
      open: () => {
        socket.accept()
        handlers = relay.accept(
          {
            send: (message) => socket.send(message),
            pause: () => socket.pause(),
            resume: () => socket.resume(),
            close: (code, reason) => socket.close(code, reason),
          },
          // Only pages of this origin reach a SharedWorker.
          { mayHaveKey: true },
        )
      },
      message: (data) => handlers?.message(data),
      drain: () => handlers?.drain(),
      closed: () => {
        handlers?.closed()
        ended()
      },
    },
    { maxMessageBytes: DEFAULT_BOUNDS.maxMessageBytes },
  )
  return socket
}
