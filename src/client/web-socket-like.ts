/** What the client reads of a WebSocket's close event. */
export interface CloseEventLike {
  readonly code: number
  readonly reason: string
  readonly wasClean: boolean
}

/** What the client uses of a WebSocket: the browser's own has it, as have ours, Node's and those of `ws` and `mock-socket`. */
export interface WebSocketLike {
  binaryType: string
  readonly bufferedAmount: number
  readonly protocol: string
  send(data: Uint8Array<ArrayBuffer>): void
  close(code?: number, reason?: string): void
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void
  addEventListener(type: 'close', listener: (event: CloseEventLike) => void): void
  addEventListener(type: 'error', listener: () => void): void
}

/** A class of such WebSockets, called as the WHATWG WebSockets standard says. */
export type WebSocketConstructor = new (url: string | URL, protocols?: string | string[]) => WebSocketLike
