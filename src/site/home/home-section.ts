import type { TemplateResult } from 'lit'
import { nothing, render } from 'lit'
import { html } from '../html.ts'
import type { LiveMap } from '../map/live-map.ts'
import { EMPTY_MAP, describeMap, liveMapOf } from '../map/live-map.ts'
import { liveMapView } from '../map/live-map-view.ts'
import { ServerStop } from './server-stop.ts'
import { describeRelayState } from '../relay-state-view.ts'
import type { Section, SiteState } from '../section.ts'

/** The first screen. The page contains it, and only the live map changes, which is rendered into `#map`. */
export class HomeSection implements Section {
  readonly title = ''
  readonly #state: SiteState
  readonly #map: HTMLElement
  readonly #said: HTMLElement
  readonly #stopPlace: HTMLElement
  readonly #stop: ServerStop

  constructor(state: SiteState) {
    this.#state = state
    this.#map = placeOf('#map')
    this.#said = placeOf('#map-said')
    this.#stopPlace = placeOf('#stop')
    this.#stop = new ServerStop(() => state.draw())
    const root = new URL('./', document.baseURI).pathname
    for (const place of document.querySelectorAll('#snippet .root')) place.textContent = root
  }

  view(): TemplateResult {
    return html`${nothing}`
  }

  /** Draws the live map. */
  drawn(): void {
    const { relay, client, watch } = this.#state
    const isUp = relay.kind === 'connected'
    const { watched } = watch
    const map =
      isUp && watched.kind === 'open'
        ? liveMapOf(watched.report.status)
        : { ...EMPTY_MAP, self: client?.peer ?? '' }
    render(liveMapView(map, 'map-said'), this.#map)
    render(
      html`<p id="status" role="status" class="state ${signOf(map, relay.kind === 'waiting')}">
        ${this.#words(map)}
      </p>`,
      this.#said,
    )
    render(html`${this.#stop.view()}`, this.#stopPlace)
  }

  #words(map: LiveMap): string {
    const { relay, client, watch, environment } = this.#state
    const { kind } = watch.watched
    if (relay.kind !== 'connected' || kind === 'waiting')
      return describeRelayState(relay, client !== undefined)
    // A server shows its peer only to pages on its own machine.
    if (kind === 'refused' && !environment.inBrowser) {
      const why = environment.reason === '' ? '' : `, because ${environment.reason}`
      return `Your peer runs on the server${why}.`
    }
    return describeMap(map)
  }
}

function signOf({ link, relay }: typeof EMPTY_MAP, isDown: boolean): string {
  if (isDown || link === 'interrupted') return 'bad'
  if (link === 'direct' || link === 'local') return 'good'
  if (link === 'relayed' || relay === 'lost' || relay === 'none') return 'warn'
  return relay === 'held' ? 'good' : ''
}

/** Returns an element of the page, emptied. */
function placeOf(selector: string): HTMLElement {
  const place = document.querySelector<HTMLElement>(selector)
  if (place === null) throw new Error(`the page has no ${selector}`)
  place.textContent = ''
  return place
}
