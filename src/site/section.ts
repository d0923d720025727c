import type { TemplateResult } from 'lit'
import type { Client, RelayLinkState } from '../client/index.ts'
import type { OfflineState } from './offline-site.ts'
import type { PeerWatch } from './peer-watch.ts'
import type { Surroundings } from './relay-words.ts'

/** What the parts of the page show things of. */
export interface SiteState {
  readonly surroundings: Surroundings
  readonly relay: RelayLinkState
  /** The client that is there, or was there last. */
  readonly client: Client | undefined
  readonly watch: PeerWatch
  /** Whether the site is kept for when there is no network, and whether a new build waits. */
  readonly offline: OfflineState
  /** Draws the page, soon. */
  draw(): void
  /** Puts the new build in place. */
  update(): void
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
