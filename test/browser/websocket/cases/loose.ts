const constructed: WebSocket[] = []

/** Calls the constructor as a script without types does; the socket is closed after the case. */
export function construct(...args: unknown[]): WebSocket {
  const socket = Reflect.construct(WebSocket, args) as WebSocket
  constructed.push(socket)
  return socket
}

/**
 * Closes what the case constructed. A socket that is CONNECTING may open first, because Chromium counts an
 * aborted handshake as failed, and delays those of the next cases.
 */
export async function closeConstructed(): Promise<void> {
  for (const socket of constructed.splice(0)) {
    const events = socket instanceof WebSocket ? socket : null
    if (events?.readyState === WebSocket.CONNECTING) {
      await new Promise<void>((resolve) => {
        for (const type of ['open', 'close']) events.addEventListener(type, () => resolve())
      })
    }
    events?.close()
  }
}

/** Calls a method or a setter as a script without types does. */
export function call(socket: WebSocket, method: 'send' | 'close', ...args: unknown[]): void {
  Reflect.apply(socket[method], socket, args)
}

/** Assigns what the types would not allow, as strict code does, regardless of the bundle's mode. */
export function assign(target: object, key: string, value: unknown): void {
  if (!Reflect.set(target, key, value)) throw new TypeError(`${key} cannot be assigned`)
}

/** The functions of an accessor, as values. */
export function accessorOf(prototype: object, key: string): { get?: Function; set?: Function } {
  return Object.getOwnPropertyDescriptor(prototype, key) ?? {}
}

/** A method, as a value. */
export function methodOf(prototype: object, key: string): Function {
  return (Object.getOwnPropertyDescriptor(prototype, key) as { value: Function }).value
}
