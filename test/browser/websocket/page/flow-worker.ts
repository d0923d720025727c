import type { AcceptedWebSocket, WebSocketHandlers } from '../../../../src/websocket/index.ts'
import { acceptWebSocket } from '../../../../src/websocket/index.ts'
import { filled, sha256 } from '../bytes.ts'

/** Messages that the last `hold` socket has received and not released. */
interface Holder {
  bytes: number
  messages: number
  parts: Uint8Array<ArrayBuffer>[]
  release(): void
}

let holder: Holder | undefined

/**
 * Sends `bytes` as fast as the socket allows, then reports the hash and the largest amount that was waiting.
 */
function pour(socket: AcceptedWebSocket, url: URL): Partial<WebSocketHandlers> {
  const all = filled(Number(url.searchParams.get('bytes')))
  const chunk = Number(url.searchParams.get('chunk'))
  let offset = 0
  let peak = 0
  async function pump(): Promise<void> {
    while (offset < all.byteLength) {
      const hasRoom = socket.send(all.slice(offset, offset + chunk))
      offset += chunk
      peak = Math.max(peak, socket.bufferedAmount)
      if (!hasRoom) return
    }
    const sha = await sha256(all)
    socket.send(JSON.stringify({ sha, peak }))
  }
  return { message: () => void pump(), drain: () => void pump() }
}

/** Receives messages and holds their credit until it is told to release it. */
function hold(): Partial<WebSocketHandlers> {
  const released = Promise.withResolvers<void>()
  const mine: Holder = { bytes: 0, messages: 0, parts: [], release: released.resolve }
  holder = mine
  return {
    message(data) {
      if (typeof data === 'string') return undefined
      mine.bytes += data.byteLength
      mine.messages += 1
      mine.parts.push(data)
      return released.promise
    },
  }
}

/** Answers questions about the held messages. */
function control(socket: AcceptedWebSocket): Partial<WebSocketHandlers> {
  return {
    async message(command) {
      if (holder === undefined) return
      if (command === 'release') holder.release()
      const { bytes, messages, parts } = holder
      const sha = command === 'sha' ? await sha256(new Uint8Array(await new Blob(parts).arrayBuffer())) : ''
      socket.send(JSON.stringify({ bytes, messages, sha }))
    },
  }
}

/** The number of sockets that have ended since the worker started. */
const ended: { path: string; code: number; wasClean: boolean }[] = []

/** Sends five messages as soon as it is asked, and ends the socket in the given way right after them. */
function sayLastWords(socket: AcceptedWebSocket, end: 'drop' | 'close'): void {
  socket.accept()
  for (let number = 0; number < 5; number++) socket.send(`word ${number}`)
  if (end === 'drop') socket.drop()
  else socket.close(4000, 'said')
}

function serve(port: MessagePort): void {
  let handlers: Partial<WebSocketHandlers> = {}
  const socket = acceptWebSocket(port, {
    open(request) {
      const url = new URL(request.url)
      if (url.pathname.endsWith('/refuse')) socket.refuse()
      if (url.pathname.endsWith('/words-and-drop')) sayLastWords(socket, 'drop')
      if (url.pathname.endsWith('/words-and-close')) sayLastWords(socket, 'close')
      if (url.pathname.endsWith('/pour')) handlers = pour(socket, url)
      if (url.pathname.endsWith('/hold')) handlers = hold()
      if (url.pathname.endsWith('/control')) handlers = control(socket)
      if (url.pathname.endsWith('/echo')) handlers = { message: (data) => void socket.send(data) }
      if (url.pathname.endsWith('/ended'))
        handlers = { message: () => void socket.send(JSON.stringify(ended)) }
      if (!/\/(silent|refuse|words-and-.*)$/.test(url.pathname)) socket.accept()
    },
    message: (data) => handlers.message?.(data),
    drain: () => handlers.drain?.(),
    closed({ code, wasClean }) {
      ended.push({ path: new URL(socket.request?.url ?? 'ws://none').pathname, code, wasClean })
    },
  })
}

globalThis.addEventListener('connect', (event) => {
  const [pagePort] = (event as MessageEvent).ports
  pagePort?.addEventListener('message', ({ ports: [port] }) => {
    if (port !== undefined) serve(port)
  })
  pagePort?.start()
})
