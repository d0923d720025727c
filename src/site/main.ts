import { render } from 'lit'
import type { Client, RelayLinkState } from '../client/index.ts'
import { RelayLink, connect } from '../client/index.ts'
import type { OfflineState } from './offline-copy.ts'
import { refuseFrame } from './frame.ts'
import { OfflineCopy } from './offline-copy.ts'
import { PeerSection } from './peer/peer-section.ts'
import { PeerWatch } from './peer-watch.ts'
import type { Place } from './route.ts'
import { readRoute } from './route.ts'
import type { Section, SiteState } from './section.ts'
import { describeError } from './feedback.ts'
import { shellView } from './shell-view.ts'
import { environment } from './environment.ts'
import { html } from './html.ts'
import { sentenceView } from './sentence-view.ts'

const root = document.querySelector<HTMLElement>('#app')
if (root === null) throw new Error('the page has no #app')
const app = root
app.textContent = ''
refuseFrame(app)

/** The build's identifier, inserted by the bundler. */
declare const __BUILD__: string

const life = new AbortController()
let offline: OfflineState = { kind: 'starting' }
let relay: RelayLinkState = { kind: 'connecting', attempt: 1 }
let client: Client | undefined
let isRenderQueued = false
let section: Section | undefined
/** Counts navigations, so that a section that loads after the next one is not shown. */
let visit = 0

const state: SiteState = {
  environment,
  get relay() {
    return relay
  },
  get client() {
    return client
  },
  watch: new PeerWatch(() => state.draw()),
  draw() {
    if (isRenderQueued) return
    isRenderQueued = true
    // Renders once for all changes of a task. requestAnimationFrame would never run in a hidden tab.
    queueMicrotask(() => {
      isRenderQueued = false
      render(shellView(state, section), app)
    })
  },
  get offline() {
    return offline
  },
  update: () => void offlineCopy.update(),
  retry: () => link.retry(),
}

const offlineCopy = new OfflineCopy({
  url: new URL('sw.js', document.baseURI),
  build: __BUILD__,
  hasStreams: () => state.watch.hasOpenStreams(),
  changed(changed) {
    offline = changed
    state.draw()
  },
  signal: life.signal,
})

/** Sections keep their state when the user leaves them. */
const sections = new Map<Place, Section>([['peer', new PeerSection(state)]])

/** Returns a section, loading its code when it is first opened. */
async function sectionOf(place: Place): Promise<Section> {
  const known = sections.get(place)
  if (known !== undefined) return known
  const created = await createSection(place)
  sections.set(place, created)
  return created
}

async function createSection(place: Place): Promise<Section> {
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

/** Navigates to the address's section, or shows why that failed. */
function navigate(isFirst: boolean): void {
  showSection(isFirst).catch((error: unknown) => {
    console.error('libp2p-websocket:', error)
    render(
      html`<p class="notice bad" role="alert">
        This section could not be opened. ${sentenceView(describeError(error))} Reload the page to try again.
      </p>`,
      app,
    )
  })
}

async function showSection(isFirst: boolean): Promise<void> {
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
  // Moves the focus to the new section, so that screen readers announce it.
  if (!isFirst) app.querySelector<HTMLElement>('h1')?.focus()
}

const link = new RelayLink({
  connect: (signal) => connect(environment.relayUrl, { signal }),
  changed(changed) {
    relay = changed
    if (changed.kind === 'connected') {
      client = changed.client
      client.addEventListener('identify', () => state.draw())
      state.watch.start(environment.relayUrl)
    }
    // Called first inside the constructor of RelayLink.
    state.draw()
  },
  signal: life.signal,
})

for (const type of ['online', 'offline']) addEventListener(type, () => state.draw())
addEventListener('hashchange', () => navigate(false))
navigate(true)
