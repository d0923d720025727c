import { isPageCloseCode, ABNORMAL_CODE, NO_STATUS_CODE } from '../websocket/close-frame.ts'
import { DEFAULT_WINDOW_BYTES } from '../websocket/messages.ts'
import { acceptWebSocket } from '../websocket/server/accept.ts'

// Taken when the script loads, because a page may replace it, for example by a test's clock.
const { setTimeout } = globalThis

/** Milliseconds between two checks of how much the browser's own socket still has to send. */
const SENT_INTERVAL_MS = 20

/**
 * Connects one of our sockets to its server through a socket of the browser's own class. It is for sockets
 * that were made before the page learned that a policy forbids the worker.
 *
 * @param Native the browser's own class
 */
export function serveByNative(port: MessagePort, Native: typeof WebSocket): void {
  let native: WebSocket
  const socket = acceptWebSocket(
    port,
    {
      open({ url, protocols }) {
        native = new Native(url, protocols)
        native.binaryType = 'arraybuffer'
        native.addEventListener('open', () => socket.accept(native.protocol))
        // Messages that the page hasn't handled wait in its memory, as with the browser's own socket.
        native.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer | string>) =>
          socket.send(typeof data === 'string' ? data : new Uint8Array(data)),
        )
        native.addEventListener('close', ({ code, reason }) => {
          if (code === ABNORMAL_CODE) socket.drop()
          else socket.close(code === NO_STATUS_CODE ? undefined : code, reason)
        })
      },
      message(data) {
        native.send(data)
        return native.bufferedAmount > DEFAULT_WINDOW_BYTES ? sent(native) : undefined
      },
      closed({ code, reason }) {
        if (isPageCloseCode(code)) native.close(code, reason)
        else native.close()
      },
    },
    // The server that receives the messages has its own limit.
    { maxMessageBytes: Infinity },
  )
}

/** Resolves once little is left to send. */
async function sent(native: WebSocket): Promise<void> {
  while (native.readyState === native.OPEN && native.bufferedAmount > DEFAULT_WINDOW_BYTES)
    await new Promise((resolve) => setTimeout(resolve, SENT_INTERVAL_MS))
}
