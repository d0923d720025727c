import type { TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { Room } from './chat/room.ts'
import { cleanName, guestName } from './shared/clean-name.ts'
import { element, show } from './shared/element.ts'
import { readPageInvitation } from './shared/invitation.ts'
import { linkView } from './shared/link-view.ts'
import { PeerPage } from './shared/peer-page.ts'
import { html } from '../src/site/html.ts'

const page = new PeerPage({ root: '#chat', prefix: '/x/chat-', what: 'a chat', view })
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
  document.body.className = as
  message.focus()
  return room
}

function view(): TemplateResult {
  if (room === undefined) return page.status('Your peer is running. Open a room, or join one.')
  const lines = repeat(room.lines, (line) => line, lineView)
  show('#lines', lines)
  show('#members', Array.from(room.members, memberView))
  const isOutside = room.members.size + room.star.size === 0
  element('#send', HTMLButtonElement).disabled = isOutside
  if (isOutside) return page.status('Joining the room …')
  if (document.body.className === 'guest') return page.status('You are in the room.')
  show('#invitation', page.invitation())
  return page.status('Your room is open. Share its link to invite others.')
}

const lineView = ({ from, text, kind }: Room['lines'][number]): TemplateResult =>
  html`<li class=${kind}>
    <bdi translate="no" class="from">${from}</bdi>${from && ': '}<bdi class="text">${text}</bdi>
  </li>`
const memberView = ([key, name]: [string, string], index: number): TemplateResult =>
  html`<li title=${key}>
    <bdi translate="no">${name}</bdi> ${index ? '' : 'host'} ${linkView(room?.star.linkOf(key))}
  </li>`

element('#host', HTMLElement).addEventListener('click', () => void host())
element('#setup', HTMLElement).addEventListener('submit', () => void join())
element('#say', HTMLElement).addEventListener('submit', () => {
  room?.say(message.value)
  message.value = ''
  message.focus()
})
target.value = readPageInvitation(() => room !== undefined)
element('#open', HTMLElement).hidden = target.value !== ''
