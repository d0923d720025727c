import type { Connection } from '@libp2p/interface'
import type { StreamStatus } from '../../status/index.ts'
import { pathOf } from '../connection-status.ts'
import type { LinkDescription } from './link.ts'

/**
 * How the bytes of a stream travel: within this peer, to the other one, or through a circuit relay; or not at
 * all for now.
 */
export type LinkState = 'local' | 'direct' | 'relayed' | 'interrupted'

/**
 * What carries a stream. A lasting stream goes on over another link when it loses one, or when a better one
 * stands.
 */
export interface StreamLink {
  readonly state: LinkState
  /**
   * The libp2p connection that carries the stream now. Undefined within this peer, and while the stream is
   * interrupted.
   */
  readonly connection: Connection | undefined
  /** Present if the stream outlives its links. */
  readonly lasting?: StreamStatus['lasting'] & object
  /** Called each time that {@link StreamLink.state} has changed. */
  onchange: (() => void) | undefined
  /**
   * Describes the link of a lost stream for its client; `error` is what the stream ended with, if anything.
   */
  describe(error: Error | undefined): LinkDescription
  /** Must be called when the stream was lost with its link: the peer may be dialled again. */
  lost(error: Error | undefined): void
}

/** Carries the streams between two clients of the same peer. */
export class LoopbackLink implements StreamLink {
  readonly state = 'local'
  readonly connection = undefined
  onchange: (() => void) | undefined

  describe(): LinkDescription {
    return { text: 'the other page of this peer is gone', limitReached: false }
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
