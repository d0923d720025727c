/** The part of a WebSocket's close event that the client uses. */
export interface CloseEventLike {
  readonly code: number
  readonly reason: string
  readonly wasClean: boolean
}

/**
 * The part of a WebSocket that the client uses. Browsers' own, ours, Node's, `ws` and `mock-socket` have it.
 */
export interface WebSocketLike {
  binaryType: string
  readonly bufferedAmount: number
  readonly protocol: string
  send(data: Uint8Array<ArrayBuffer>): void
  close(code?: number, reason?: string): void
  addEventListener(type: 'open', listener: () => void): void
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void
  addEventListener(type: 'close', listener: (event: CloseEventLike) => void): void
  addEventListener(type: 'error', listener: () => void): void
}

/** A WebSocket constructor as in the WHATWG WebSockets standard. */
export type WebSocketConstructor = new (url: string | URL, protocols?: string | string[]) => WebSocketLike
