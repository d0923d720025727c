import { render } from 'lit'
import type { Client, RelayLinkState } from '../client/index.ts'
import { RelayLink, connect } from '../client/index.ts'
import { html } from './html.ts'
import type { OfflineState } from './offline-site.ts'
import { refuseFrame } from './frame.ts'
import { OfflineSite } from './offline-site.ts'
import { PeerSection } from './peer/peer-section.ts'
import { PeerWatch } from './peer-watch.ts'
import type { Place } from './route.ts'
import { readRoute } from './route.ts'
import type { Section, SiteState } from './section.ts'
import { sentence } from './sentence.ts'
import { shellView } from './shell-view.ts'
import { surroundings } from './surroundings.ts'

const root = document.querySelector<HTMLElement>('#app')
if (root === null) throw new Error('the page has no #app')
const app = root
app.textContent = ''
refuseFrame(app)

/** The build's own, put in by the bundler. */
declare const __BUILD__: string

const life = new AbortController()
let offline: OfflineState = { kind: 'starting' }
let relay: RelayLinkState = { kind: 'connecting', attempt: 1 }
let client: Client | undefined
let isDrawing = false
let section: Section | undefined
/** Rises with every change of the place: a part that is loaded too late is not shown. */
let visit = 0

const state: SiteState = {
  surroundings,
  get relay() {
    return relay
  },
  get client() {
    return client
  },
  watch: new PeerWatch(() => state.draw()),
  draw() {
    if (isDrawing) return
    isDrawing = true
    // One drawing for all that happens in a task; not with the screen's frames, which a hidden tab does not have.
    queueMicrotask(() => {
      isDrawing = false
      render(shellView(state, section), app)
    })
  },
  get offline() {
    return offline
  },
  update: () => void offlineSite.update(),
  retry: () => link.retry(),
}

const offlineSite = new OfflineSite({
  url: new URL('sw.js', document.baseURI),
  build: __BUILD__,
  hasStreams: () => state.watch.hasOwnStreams(),
  changed(changed) {
    offline = changed
    state.draw()
  },
  signal: life.signal,
})

/** What has been opened stays as it was left. */
const sections = new Map<Place, Section>([['peer', new PeerSection(state)]])

/** All but the first part of the page are loaded when they are first opened. */
async function sectionOf(place: Place): Promise<Section> {
  const known = sections.get(place)
  if (known !== undefined) return known
  const made = await makeSection(place)
  sections.set(place, made)
  return made
}

async function makeSection(place: Place): Promise<Section> {
  switch (place) {
    case 'peer':
      return new PeerSection(state)
    case 'inspector':
      return new (await import('./inspector/inspector-section.ts')).InspectorSection(state)
    case 'folders':
      return new (await import('./folders/folders-section.ts')).FoldersSection(state)
    case 'settings':
      return new (await import('./settings/settings-section.ts')).SettingsSection(state)
    default:
      return place satisfies never
  }
}

/** What keeps a part from opening is said in its place. */
function follow(isFirst: boolean): void {
  go(isFirst).catch((error: unknown) => {
    console.error('libp2p-websocket:', error)
    const why = sentence(error instanceof Error ? error.message : String(error))
    render(html`<p class="notice bad" role="alert">This part of the page cannot be opened. ${why}</p>`, app)
  })
}

async function go(isFirst: boolean): Promise<void> {
  const route = readRoute(location.hash)
  visit += 1
  const own = visit
  const next =
    route.kind === 'place'
      ? await sectionOf(route.place)
      : new (await import('./meet/meet-section.ts')).MeetSection(state, route.connectString)
  if (own !== visit) return
  section?.leave?.()
  section = next
  for (const item of document.querySelectorAll('nav a')) {
    if (route.kind === 'place' && item.id === `to-${route.place}`) item.setAttribute('aria-current', 'page')
    else item.removeAttribute('aria-current')
  }
  const more = document.querySelector<HTMLElement>('#more')
  if (more !== null) more.hidden = route.kind !== 'place' || route.place !== 'peer'
  document.title = next.title === '' ? 'libp2p-websocket' : `${next.title} · libp2p-websocket`
  render(shellView(state, section), app)
  // Who cannot see that the page has changed is taken to what is new in it.
  if (!isFirst) app.querySelector<HTMLElement>('h1')?.focus()
}

const link = new RelayLink({
  connect: (signal) => connect(surroundings.relayUrl, { signal }),
  changed(changed) {
    relay = changed
    if (changed.kind === 'connected') {
      client = changed.client
      client.addEventListener('identify', () => state.draw())
      state.watch.begin(surroundings.relayUrl)
    }
    // The first state comes while the link is being made.
    state.draw()
  },
  signal: life.signal,
})

for (const type of ['online', 'offline']) addEventListener(type, () => state.draw())
addEventListener('hashchange', () => follow(false))
follow(true)
