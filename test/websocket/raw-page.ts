import type {
  AcceptedWebSocket,
  AcceptWebSocketOptions,
  WebSocketHandlers,
} from '../../src/websocket/index.ts'
import { acceptWebSocket } from '../../src/websocket/index.ts'
import type { DownMessage, UpMessage } from '../../src/websocket/messages.ts'
import { readDownMessage } from '../../src/websocket/messages.ts'
import { until } from '../support/until.ts'

/** The page's end of a port, under the test's control, which may send anything. */
export interface RawPage {
  socket: AcceptedWebSocket
  /** The calls of the other end's handlers, in order. */
  calls: string[]
  /** The messages from the port, in order, except credit. */
  got: DownMessage[]
  /** How many messages' credit was returned. */
  credited: number
  say(message: UpMessage, transfer?: ArrayBuffer[]): void
  sayAnything(message: unknown): void
  /** Waits for a call of the handlers that starts with this text. */
  called(start: string): Promise<void>
  /** Waits for a message of that type. */
  told(type: DownMessage['type']): Promise<void>
  end(): void
}

export const OPEN: UpMessage = { type: 'open', url: 'ws://host/a', protocols: ['x'], windowBytes: 1000 }

export function bytes(...values: number[]): ArrayBuffer {
  return new Uint8Array(values).buffer
}

function described(data: Uint8Array | string): string {
  return typeof data === 'string' ? `text ${data}` : `binary ${Array.from(data).join(' ')}`
}

/** An accepted socket whose page is the test; accepted automatically unless `handlers.open` is given. */
export function startRawPage(
  options: AcceptWebSocketOptions = {},
  handlers: Partial<WebSocketHandlers> = {},
): RawPage {
  const { port1, port2 } = new MessageChannel()
  const calls: string[] = []
  const got: DownMessage[] = []
  const page: RawPage = {
    socket: acceptWebSocket(
      port2,
      {
        open(request) {
          calls.push(`open ${request.url} ${request.protocols.join()}`)
          if (handlers.open) handlers.open(request)
          else page.socket.accept('x')
        },
        message(data) {
          calls.push(described(data))
          return handlers.message?.(data)
        },
        drain() {
          calls.push('drain')
          handlers.drain?.()
        },
        closed(event) {
          calls.push(`closed ${event.code} ${event.reason} ${event.wasClean}`)
          handlers.closed?.(event)
        },
      },
      options,
    ),
    calls,
    got,
    credited: 0,
    say: (message, transfer = []) => port1.postMessage(message, transfer),
    sayAnything: (message) => port1.postMessage(message),
    called: (start) =>
      until(`a call ${start}`, () => calls.some((call) => call.startsWith(start))).then(() => undefined),
    told: (type) =>
      until(`a message ${type}`, () => got.some((message) => message.type === type)).then(() => undefined),
    end: () => port1.close(),
  }
  port1.addEventListener('message', ({ data }) => {
    const message = readDownMessage(data)
    if (message === undefined) throw new Error(`the other end said ${JSON.stringify(data)}`)
    if (message.type === 'credit') page.credited += message.messages
    else got.push(message)
    if ('data' in message) page.credited += message.credit?.messages ?? 0
  })
  port1.start()
  return page
}
