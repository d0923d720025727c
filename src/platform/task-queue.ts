/**
 * Runs functions in tasks of their own, in order, and sooner than a timer: over a private MessageChannel.
 *
 * Promise callbacks run between two of them, as they do between two events of the browser's own. It has no
 * bound itself: each of its users has at most one function in it at a time for each object of theirs.
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

/** The one queue of this realm: a channel for each user would cost more than it gives. */
export const tasks = new TaskQueue()
