import { ClientError } from './client-error.ts'
import { NeverOpenedError } from './never-opened-error.ts'
import type { CloseEventLike, WebSocketLike } from './web-socket-like.ts'

/**
 * Calls `ended` when a WebSocket ends or fails to open, with the error for everything that waits for the
 * relay. It may be called twice, and only the first error counts.
 *
 * @param greeted returns whether the relay has sent Hello
 */
export function watchSocketEnd(
  socket: WebSocketLike,
  url: string,
  greeted: () => boolean,
  ended: (error: ClientError) => void,
): void {
  let hasOpened = false
  const closed = ({ code, reason }: Pick<CloseEventLike, 'code' | 'reason'>): void => {
    const why = `code ${code}${reason === '' ? '' : `, ${reason}`}`
    if (!hasOpened) ended(new NeverOpenedError(url, why))
    else if (greeted()) ended(new ClientError('ERR_RELAY_LOST', `the relay was lost (${why})`))
    else {
      const message = `the WebSocket to ${url} was closed before Hello (${why})`
      ended(new ClientError('ERR_RELAY_UNREACHABLE', message))
    }
  }
  socket.addEventListener('open', () => {
    hasOpened = true
  })
  socket.addEventListener('close', closed)
  // The close event that follows says more. But Node 22 fires none if its WebSocket never opened
  // (nodejs/undici#3546).
  socket.addEventListener('error', () => {
    if (!hasOpened) setTimeout(() => closed({ code: 1006, reason: '' }), 0)
  })
}
