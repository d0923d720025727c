import type { TemplateResult } from 'lit'
import { nothing } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { Room } from './chat/room.ts'
import { cleanName, guestName } from './shared/clean-name.ts'
import { element, show } from './shared/element.ts'
import { readPageInvitation } from './shared/invitation.ts'
import { linkView } from './shared/link-view.ts'
import type { PageStatus } from './shared/peer-page.ts'
import { PeerPage } from './shared/peer-page.ts'
import { openStatus } from './shared/reach.ts'
import { html } from '../src/site/html.ts'

const page = new PeerPage({ root: '#lines', prefix: '/x/chat-', what: 'a chat', view, status })
const target = element('#target', HTMLTextAreaElement)
const message = element('#message', HTMLInputElement)
let room: Room | undefined

async function host(): Promise<void> {
  const { peer } = await page.ready()
  if (room !== undefined) return
  const own = enterRoom('host', peer)
  await page.host((guest) => own.admit(guest))
}

async function join(): Promise<void> {
  const invitation = page.read(target.value)
  if (invitation === undefined) return
  const visited = enterRoom('guest')
  await page.visit(invitation, (link) => visited.visit(link))
}

function enterRoom(as: 'host' | 'guest', ownPeer?: string): Room {
  const name = cleanName(element('#name', HTMLInputElement).value || guestName())
  room = new Room(name, () => page.draw(), ownPeer)
  document.body.classList.add(as)
  element('#setup', HTMLElement).hidden = true
  element('#room', HTMLElement).hidden = false
  message.focus()
  return room
}

function status(): PageStatus {
  if (room === undefined)
    return {
      sign: 'good',
      text: invited === '' ? 'Your peer is running. Open a room, or join one.' : 'You are invited to a chat.',
    }
  if (room.members.size + room.star.size === 0) return { sign: '', text: 'Joining the room …' }
  if (document.body.classList.contains('guest')) return { sign: 'good', text: 'You are in the room.' }
  return openStatus('room', page.reach)
}

function view(): TemplateResult | typeof nothing {
  if (room === undefined) return nothing
  show('#members', Array.from(room.members, memberView))
  element('#send', HTMLButtonElement).disabled = room.members.size + room.star.size === 0
  show('#invitation', page.invitation())
  return html`${repeat(room.lines, (line) => line, lineView)}`
}

const lineView = ({ from, text, kind }: Room['lines'][number]): TemplateResult =>
  html`<li class=${kind}>
    <bdi translate="no" class="from">${from}</bdi>${from && ': '}<bdi class="text">${text}</bdi>
  </li>`
const memberView = ([key, name]: [string, string], index: number): TemplateResult =>
  html`<li title=${key}>
    <bdi translate="no">${name}</bdi> ${index ? '' : 'host'} ${linkView(room?.star.linkOf(key))}
  </li>`

element('#setup', HTMLElement).addEventListener('submit', ({ submitter }) => {
  void (submitter?.id === 'enter' && invited === '' ? host() : join())
})
element('#say', HTMLElement).addEventListener('submit', () => {
  room?.say(message.value)
  message.value = ''
  message.focus()
})
const invited = readPageInvitation(() => room !== undefined)
target.value = invited
element('#by-link', HTMLElement).hidden = invited !== ''
if (invited !== '') element('#enter', HTMLElement).textContent = 'Join the chat'
