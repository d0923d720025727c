/**
 * The control socket over which the inspector sends drafts. It ignores the answers, which the recorder shows.
 */
export class DraftSocket {
  readonly #url: string
  #socket: WebSocket | undefined

  constructor(url: string) {
    this.#url = url
  }

  get isOpen(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN
  }

  /** Sends a message, opening the socket if necessary. Rejects if the socket can't be opened. */
  async send(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    let socket = this.#socket
    if (socket === undefined || socket.readyState > WebSocket.OPEN) {
      socket = new WebSocket(this.#url)
      this.#socket = socket
    }
    const opening = socket
    if (opening.readyState === WebSocket.CONNECTING) {
      await new Promise<void>((resolve, reject) => {
        opening.addEventListener('open', () => resolve(), { once: true })
        opening.addEventListener('close', () => reject(new Error('your peer did not respond; try again')), {
          once: true,
        })
      })
    }
    opening.send(bytes)
  }

  /** Closes the socket, which stops its listeners and closes its connections. */
  close(): void {
    this.#socket?.close()
    this.#socket = undefined
  }
}
