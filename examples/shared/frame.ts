import { render } from 'lit'
import { environment } from '../../src/site/environment.ts'
import { html } from '../../src/site/html.ts'
import { liveMapView } from '../../src/site/map/live-map-view.ts'
import { element } from './element.ts'
import { livePeer } from './live-peer.ts'
import { keepOffline } from './offline.ts'

/*
 * What every example does beside what it shows: it draws the live map, makes the skip link work, and
 * registers the service worker.
 */

/** What the map shows as yours. */
const own = environment.inBrowser ? 'This tab' : 'The server’s peer'
const map = element('#map', HTMLElement)
const said = element('#map-said', HTMLElement)
map.textContent = ''

function draw(): void {
  render(liveMapView(livePeer.map, 'map-said', own, 'small'), map)
  render(html`${livePeer.words}`, said)
}

livePeer.addEventListener('change', draw)
draw()

// The fragment can be an invitation, so the link can't use it to name its target.
element('.skip', HTMLElement).addEventListener('click', (event) => {
  event.preventDefault()
  element('#main', HTMLElement).focus()
})
keepOffline()
