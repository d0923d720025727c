import type { TemplateResult } from 'lit'
import type { Client, RelayLinkState } from '../client/index.ts'
import type { Environment } from './environment.ts'
import type { OfflineState } from './offline-copy.ts'
import type { PeerWatch } from './peer-watch.ts'

/** The state that all sections of the site show. */
export interface SiteState {
  readonly environment: Environment
  readonly relay: RelayLinkState
  /** The current client, or the last one while the relay is unreachable. */
  readonly client: Client | undefined
  readonly watch: PeerWatch
  /** Whether the site opens offline, and whether a new build is waiting. */
  readonly offline: OfflineState
  /** Renders the page at the end of this task. */
  draw(): void
  /** Switches to the new build. */
  update(): void
  /** Retries the connection to the relay now. */
  retry(): void
}

/** One of the site's sections, such as the settings. */
export interface Section {
  /**
   * The heading, also used as the browser tab's title. Empty for the first screen, whose heading is in the
   * page.
   */
  readonly title: string
  /** Returns what to show. Called at every render. */
  view(): TemplateResult
  /** Called after every render. */
  drawn?(): void
  /** Called when another section replaces it. */
  leave?(): void
}
