import { Doc } from 'yjs'
import { environment } from '../src/site/environment.ts'
import { html } from '../src/site/html.ts'
import { decodeInvitation, randomRoomName } from '../src/room/index.ts'
import { LibP2PProvider } from '../src/yjs/index.ts'
import { bindText, caretsOf } from './notes/shared-text.ts'
import { element, show } from './shared/element.ts'
import { invitationView } from './shared/invitation-view.ts'
import { livePeer } from './shared/live-peer.ts'
import type { PageStatus } from './shared/page-status.ts'
import { statusView } from './shared/page-status.ts'
import { openStatus, reachOf } from './shared/reach.ts'

if (location.hash === '') history.replaceState(null, '', `#${randomRoomName()}`)
addEventListener('hashchange', () => location.reload())

const doc = new Doc()
const text = doc.getText('notes')
const { name, peers = [] } = decodeInvitation(location.hash)
const provider = new LibP2PProvider(name, doc, { url: environment.relayUrl, peers })
const { awareness } = provider
const area = element('#text', HTMLTextAreaElement)
const user = element('#name', HTMLInputElement)
/** What went wrong last, until somebody else is there. */
let problem = ''

bindText(area, text, awareness)
user.addEventListener('input', () => awareness.setLocalStateField('user', user.value))

function status(): PageStatus {
  const others = provider.room?.members.size ?? 0
  const who = others === 1 ? 'One other page writes' : `${others} other pages write`
  if (others > 0) return { sign: 'good', text: `${who} this text with you.` }
  if (problem !== '') return { sign: 'bad', text: problem }
  if (!provider.connected) return { sign: '', text: 'Looking for others …' }
  const isPublic = provider.room?.client?.public === true
  return openStatus('text', reachOf(isPublic, livePeer.map.relay, environment))
}

function draw(): void {
  show('#state', statusView(status()))
  const value = text.toJSON()
  let from = 0
  const parts = caretsOf(text, awareness).map(({ name, index }) => {
    const before = value.slice(from, index)
    from = index
    return html`${before}<span class="caret" data-name=${name}></span>`
  })
  show('#carets', html`${parts}${value.slice(from)}`)
  element('#carets', HTMLElement).scrollTop = area.scrollTop
}

// Until now, the page itself said that it starts.
element('#state', HTMLElement).textContent = ''
for (const event of ['status', 'synced', 'peers'] as const) provider.on(event, draw)
provider.on('error', ({ error }) => {
  problem = error.message
  draw()
})
awareness.on('change', draw)
text.observe(draw)
area.addEventListener('scroll', draw)
draw()
livePeer.addEventListener('change', draw)
show(
  '#invitation',
  html`<h2>Write together</h2>
    ${invitationView(location.href)}`,
)
