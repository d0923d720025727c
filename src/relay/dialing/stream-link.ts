import type { Connection } from '@libp2p/interface'
import type { StreamStatus } from '../../status/index.ts'
import { pathOf } from '../connection-status.ts'
import type { LinkDescription } from './link.ts'

/**
 * How the bytes of a stream travel: within this peer (`local`), directly to the other peer, or through a
 * circuit relay. `interrupted` means that there is no connection at the moment.
 */
export type LinkState = 'local' | 'direct' | 'relayed' | 'interrupted'

/**
 * The connection beneath a stream. A lasting stream continues over another one when its connection is lost or
 * a better one opens.
 */
export interface StreamLink {
  readonly state: LinkState
  /** The libp2p connection that carries the stream now. Undefined if the stream is local or interrupted. */
  readonly connection: Connection | undefined
  /** Present if the stream outlives its links. */
  readonly lasting?: StreamStatus['lasting'] & object
  /** Called each time {@link StreamLink.state} changes. */
  onchange: (() => void) | undefined
  /** Describes to the client how a stream's link was lost. `error` is the stream's error, if it had one. */
  describe(error: Error | undefined): LinkDescription
  /** Must be called when the stream was lost together with its link, so that the peer can be dialed again. */
  lost(error: Error | undefined): void
}

/** Carries the streams between two clients of the same peer. */
export class LoopbackLink implements StreamLink {
  readonly state = 'local'
  readonly connection = undefined
  onchange: (() => void) | undefined

  describe(): LinkDescription {
    return { text: 'the other page that uses this peer has closed', limitReached: false }
  }

  lost(): void {
    // There is nothing to dial again.
  }
}

/** What {@link PlainLink} needs of the peer. */
export interface PlainLinkInit {
  describe(link: Connection, error: Error | undefined): LinkDescription
  lost(link: Connection, error: Error | undefined): void
}

/** Carries an ordinary libp2p stream, which ends with its link. */
export class PlainLink implements StreamLink {
  readonly connection: Connection
  onchange: (() => void) | undefined
  readonly #init: PlainLinkInit

  constructor(connection: Connection, init: PlainLinkInit) {
    this.connection = connection
    this.#init = init
  }

  get state(): LinkState {
    return stateOf(this.connection)
  }

  describe(error: Error | undefined): LinkDescription {
    return this.#init.describe(this.connection, error)
  }

  lost(error: Error | undefined): void {
    this.#init.lost(this.connection, error)
  }
}

/** Returns how bytes travel over a libp2p connection. */
export function stateOf(connection: Connection): Extract<LinkState, 'direct' | 'relayed'> {
  return pathOf(connection) === 'relayed' ? 'relayed' : 'direct'
}
