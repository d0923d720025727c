import { acceptWebSocket } from '../../../../src/websocket/index.ts'

/** A dedicated worker that echoes, and chooses the first subprotocol. */
globalThis.addEventListener('message', ({ ports: [port] }) => {
  if (port === undefined) return
  const socket = acceptWebSocket(port, {
    open: ({ protocols }) => socket.accept(protocols[0]),
    message: (data) => void socket.send(data),
  })
})
