/** Ports that one connection carries besides its own. A further one is not transferred. */
export const DEFAULT_MAX_TRANSFERRED_PORTS = 1_024

/** What {@link TransferredPorts} needs of the connection's own port. */
export interface TransferredPortsInit {
  /**
   * Sends a message of the port with this number, and transfers the ports in it. Throws what `postMessage`
   * throws.
   */
  post(port: number, value: unknown): void
  /** Tells the remote that the port with this number is closed. */
  close(port: number): void
  /** A message of a port could not be sent, and nobody can be told. */
  failed(): void
}

/**
 * The ports that the messages of a connection have transferred, in either direction. At each side there is a
 * real MessagePort, whose messages go through the connection.
 */
export class TransferredPorts {
  readonly #init: TransferredPortsInit
  readonly #byNumber = new Map<number, MessagePort>()
  readonly #isEven: boolean
  #next: number

  /** The side that dialled gives even numbers, and the other side odd ones. */
  constructor(direction: 'in' | 'out', init: TransferredPortsInit) {
    this.#init = init
    this.#isEven = direction === 'out'
    this.#next = this.#isEven ? 2 : 1
  }

  /**
   * Returns the number for a port that is about to be sent, and notes it in `numbers`. Throws a
   * DataCloneError beyond the bound.
   */
  numberFor(port: MessagePort, numbers: Map<MessagePort, number>): number {
    const number = this.#next + 2 * numbers.size
    if (this.#byNumber.size + numbers.size >= DEFAULT_MAX_TRANSFERRED_PORTS) {
      throw new DOMException(
        `More than ${DEFAULT_MAX_TRANSFERRED_PORTS} ports are transferred on this connection. Close some.`,
        'DataCloneError',
      )
    }
    numbers.set(port, number)
    return number
  }

  /** Forwards messages of these ports from now on, because they were sent with these numbers. */
  transfer(numbers: ReadonlyMap<MessagePort, number>): void {
    for (const [port, number] of numbers) {
      this.#next = Math.max(this.#next, number + 2)
      this.#forward(number, port)
    }
  }

  /** Returns this side's end of a port that the remote has transferred. Throws if its number isn't valid. */
  arrived(number: number): MessagePort {
    const isTheirs = number > 0 && (number % 2 === 0) !== this.#isEven
    if (!isTheirs || this.#byNumber.has(number)) throw new RangeError(`the port ${number} is not new`)
    if (this.#byNumber.size >= DEFAULT_MAX_TRANSFERRED_PORTS) throw new RangeError('there are too many ports')
    const { port1, port2 } = new MessageChannel()
    this.#forward(number, port1)
    return port2
  }

  /** Delivers a message to a port. One that is closed gets nothing. */
  deliver(number: number, data: unknown, ports: MessagePort[]): void {
    this.#byNumber.get(number)?.postMessage(data, ports)
  }

  closedByRemote(number: number): void {
    this.#byNumber.get(number)?.close()
    this.#byNumber.delete(number)
  }

  closeAll(): void {
    for (const port of this.#byNumber.values()) port.close()
    this.#byNumber.clear()
  }

  #forward(number: number, port: MessagePort): void {
    this.#byNumber.set(number, port)
    port.addEventListener('message', ({ data }) => {
      try {
        this.#init.post(number, data)
      } catch {
        // A queue is full, or the message can't be carried. Whoever posted it can't be told.
        this.#init.failed()
      }
    })
    // Not all engines have this event. Without it, the port is closed with the connection.
    port.addEventListener('close', () => {
      if (this.#byNumber.delete(number)) this.#init.close(number)
    })
    port.start()
  }
}
