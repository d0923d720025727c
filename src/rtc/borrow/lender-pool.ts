import { chooseLender } from './choose-lender.ts'
import { LenderSession } from './lender-session.ts'

/** Tabs that may lend at a time. */
export const DEFAULT_MAX_LENDERS = 256

/** The tabs that lend to one `BorrowedRtc`. */
export class LenderPool {
  readonly #sessions = new Set<LenderSession>()
  #ignored = 0
  /** The count at the last call of {@link onchange}. */
  #told = 0
  /**
   * Called after {@link count} has changed. If connections were lost with a tab, it is called after they have
   * dispatched that: a listener that shuts down what depends on tabs would otherwise end them before they
   * have given the reason.
   */
  onchange: (() => void) | null = null

  /** The number of tabs that can lend now. */
  get count(): number {
    return [...this.#sessions].filter((session) => session.able).length
  }

  /** Messages of tabs and pumps that were malformed or came at the wrong time. Each was ignored. */
  get ignored(): number {
    return this.#ignored
  }

  /** Counts one more ignored message. */
  ignore(): void {
    this.#ignored += 1
  }

  /** Adds a tab. Throws OperationError if {@link DEFAULT_MAX_LENDERS} tabs lend already. */
  add(port: MessagePort, visible: boolean): LenderSession {
    if (this.#sessions.size >= DEFAULT_MAX_LENDERS) {
      throw new DOMException(`${DEFAULT_MAX_LENDERS} tabs lend WebRTC already`, 'OperationError')
    }
    const session = new LenderSession(port, visible, {
      changed: () => this.#changed(),
      ignored: () => this.ignore(),
      ended: (ended, told) => {
        this.#sessions.delete(ended)
        if (told === undefined) this.#changed()
        else void told.then(() => this.#changed())
      },
    })
    this.#sessions.add(session)
    return session
  }

  /**
   * Chooses the tab for a new connection, or returns `only` if that tab can lend. Undefined if there is none.
   */
  choose(only?: object): LenderSession | undefined {
    const able = [...this.#sessions].filter(
      (session) => session.able && (only === undefined || session === only),
    )
    return chooseLender(able)
  }

  #changed(): void {
    const { count } = this
    if (count === this.#told) return
    this.#told = count
    this.onchange?.()
  }
}
