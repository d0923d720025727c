import type { LinkState } from '../protocol/index.ts'
import type { ConnectionEnd } from './connection.ts'
import type { OpenConnectionInit } from './open-connection.ts'
import { OpenConnection } from './open-connection.ts'
import type { ClientLimits } from './limits.ts'
import type { Outbox } from './outbox.ts'
import { UnreadBudget } from './unread-budget.ts'

/** What the relay says of a connection that it has opened, and what the client asked for. */
export type OpenedConnection = Pick<OpenConnectionInit, 'id' | 'peer' | 'protocol' | 'direction' | 'frames'>

/** The open connections of one client, by ID. The relay bounds their number. */
export class OpenConnections {
  readonly #outbox: Outbox
  readonly #limits: Readonly<ClientLimits>
  readonly #budget: UnreadBudget
  readonly #byId = new Map<bigint, OpenConnection>()
  /** The newest link of a connection that has not been opened yet: the message that opens it comes next. */
  #nextLink: { id: bigint; state: LinkState } | undefined

  constructor(outbox: Outbox, limits: Readonly<ClientLimits>) {
    this.#outbox = outbox
    this.#limits = limits
    this.#budget = new UnreadBudget(limits.maxTotalUnreadBytes)
  }

  get(id: bigint): OpenConnection | undefined {
    return this.#byId.get(id)
  }

  /** Adds a connection. Returns undefined if one with its ID is open. */
  open(opened: OpenedConnection): OpenConnection | undefined {
    const { id } = opened
    if (this.#byId.has(id)) return undefined
    const link = this.#nextLink?.id === id ? this.#nextLink.state : undefined
    this.#nextLink = undefined
    const connection = new OpenConnection({
      ...opened,
      link,
      outbox: this.#outbox,
      limits: this.#limits,
      budget: this.#budget,
    })
    this.#byId.set(id, connection)
    return connection
  }

  /** The first Link Changed of a connection comes before the message that opens it. */
  changeLink(id: bigint, state: LinkState): void {
    const connection = this.#byId.get(id)
    if (connection === undefined) this.#nextLink = { id, state }
    else connection.changeLink(state)
  }

  finish(connection: OpenConnection, end: ConnectionEnd): void {
    this.#byId.delete(connection.id)
    connection.finish(end)
  }

  finishAll(end: ConnectionEnd): void {
    for (const connection of this.#byId.values()) connection.finish(end)
    this.#byId.clear()
  }
}
