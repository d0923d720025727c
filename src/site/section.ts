import type { TemplateResult } from 'lit'
import type { Client, RelayLinkState } from '../client/index.ts'
import type { PeerWatch } from './peer-watch.ts'
import type { Surroundings } from './relay-words.ts'

/** What the parts of the page show things of. */
export interface SiteState {
  readonly surroundings: Surroundings
  readonly relay: RelayLinkState
  /** The client that is there, or was there last. */
  readonly client: Client | undefined
  readonly watch: PeerWatch
  /** Draws the page, soon. */
  draw(): void
  /** Tries at once to reach the relay. */
  retry(): void
}

/** A part of the page that has its own place. */
export interface Section {
  /** What the page and the browser's tab are called while it is shown. */
  readonly title: string
  /** It is drawn: called each time. */
  view(): TemplateResult
  /** It is not shown any more. */
  leave?(): void
}
