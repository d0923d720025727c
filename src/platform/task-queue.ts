/**
 * Runs each function in a task of its own, in order, and sooner than a timer would. It uses a private
 * MessageChannel.
 *
 * Promise callbacks run between two functions, as they do between two events of the browser. The queue itself
 * is unbounded, but each user queues at most one function for each of its objects.
 */
export class TaskQueue {
  #port: MessagePort | undefined
  readonly #tasks: (() => void)[] = []

  push(task: () => void): void {
    this.#tasks.push(task)
    this.#port ??= this.#open()
    this.#port.postMessage(null)
  }

  #open(): MessagePort {
    const { port1, port2 } = new MessageChannel()
    port1.addEventListener('message', () => this.#tasks.shift()?.())
    port1.start()
    return port2
  }
}

/** The only queue of this realm, because a MessageChannel for each user would be expensive. */
export const tasks = new TaskQueue()
