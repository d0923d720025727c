import { chooseLender } from './choose-lender.ts'
import { LenderSession } from './lender-session.ts'

/** Tabs that lend at a time. */
export const DEFAULT_MAX_LENDERS = 256

/** The tabs that lend to one borrower. */
export class LenderPool {
  readonly #sessions = new Set<LenderSession>()
  #ignored = 0
  /** The number that was told last. */
  #told = 0
  /**
   * Called after the number of able tabs has changed; where a tab took connections with it, after these have
   * told that, so that nobody who shuts down what he has for tabs ends a connection before it has said why.
   */
  onchange: (() => void) | null = null

  /** Tabs that have said that they are able. */
  get count(): number {
    return [...this.#sessions].filter((session) => session.able).length
  }

  /** Messages of tabs and pumps that were malformed or came at a wrong time: each was ignored. */
  get ignored(): number {
    return this.#ignored
  }

  /** Counts one more of {@link ignored}. */
  ignore(): void {
    this.#ignored += 1
  }

  /** Throws OperationError when {@link DEFAULT_MAX_LENDERS} lend already. */
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

  /** The tab for a new connection; `only` asks for a certain one. Undefined if none is able. */
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
