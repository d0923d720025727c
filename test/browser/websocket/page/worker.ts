import type { AcceptedWebSocket } from '../../../../src/websocket/index.ts'
import { acceptWebSocket } from '../../../../src/websocket/index.ts'
import type { Behaviour } from '../behaviours.ts'
import { answer, behave } from '../behaviours.ts'

function serve(port: MessagePort): void {
  let behaviour: Behaviour = {}
  const socket: AcceptedWebSocket = acceptWebSocket(port, {
    open(request) {
      const url = new URL(request.url)
      const reply = answer(url)
      switch (reply.kind) {
        case 'refuse':
          socket.refuse()
          return
        case 'accept':
          behaviour = behave(url, {
            send: (data) => void socket.send(data),
            close: (code, reason) => socket.close(code, reason),
            drop: () => socket.drop(),
          })
          socket.accept(request.protocols.includes(reply.protocol) ? reply.protocol : '')
          behaviour.opened?.()
          return
        default:
          reply satisfies never
      }
    },
    message: (data) => behaviour.message?.(data),
    closed: ({ code, reason }) => behaviour.closed?.({ code, reason }),
  })
}

globalThis.addEventListener('connect', (event) => {
  const [pagePort] = (event as MessageEvent).ports
  pagePort?.addEventListener('message', ({ ports: [port] }) => {
    if (port !== undefined) serve(port)
  })
  pagePort?.start()
})
