import { render } from 'lit'
import type { Client, RelayLinkState } from '../client/index.ts'
import { RelayLink, connect } from '../client/index.ts'
import type { OfflineState } from './offline-copy.ts'
import { refuseFrame } from './frame.ts'
import { HomeSection } from './home/home-section.ts'
import { OfflineCopy } from './offline-copy.ts'
import { PeerWatch } from './peer-watch.ts'
import type { Place } from './route.ts'
import { readRoute } from './route.ts'
import type { Section, SiteState } from './section.ts'
import { describeError } from './feedback.ts'
import { shellView } from './shell-view.ts'
import { environment } from './environment.ts'
import { html } from './html.ts'
import { sentenceView } from './sentence-view.ts'

const main = element('#main')
refuseFrame(main)
/** Where the sections are rendered. The first screen is part of the page, around it. */
const app = element('#app')
const homeParts = [element('#home'), element('#more')]

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
      show()
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
const sections = new Map<Place, Section>([['home', new HomeSection(state)]])

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
    case 'home':
      return new HomeSection(state)
    case 'peer':
      return new (await import('./peer/peer-section.ts')).PeerSection(state)
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
  const isHome = route.kind === 'place' && route.place === 'home'
  // At once, because the section's code may still have to be loaded.
  for (const part of homeParts) part.hidden = !isHome
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
  document.title = next.title === '' ? 'libp2p-websocket' : `${next.title} · libp2p-websocket`
  show()
  // Moves the focus to the new section, so that screen readers announce it.
  if (!isFirst) main.querySelector<HTMLElement>(isHome ? '#home h1' : '#app h1')?.focus()
}

function show(): void {
  render(shellView(state, section), app)
  section?.drawn?.()
}

function element(selector: string): HTMLElement {
  const found = document.querySelector<HTMLElement>(selector)
  if (found === null) throw new Error(`the page has no ${selector}`)
  return found
}

const link = new RelayLink({
  connect: (signal) => connect(environment.relayUrl, { signal }),
  changed(changed) {
    relay = changed
    if (changed.kind === 'connected') {
      client = changed.client
      client.addEventListener('identify', () => state.draw())
      void state.watch.start(environment.relayUrl)
    }
    // Called first inside the constructor of RelayLink.
    state.draw()
  },
  signal: life.signal,
})

for (const type of ['online', 'offline']) addEventListener(type, () => state.draw())
// The fragment names the section, so the link can't use it to name its target.
element('.skip').addEventListener('click', (event) => {
  event.preventDefault()
  main.focus()
})
addEventListener('hashchange', () => navigate(false))
navigate(true)
