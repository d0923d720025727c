import type { TemplateResult } from 'lit'
import { html, render } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { cleanName } from './chat/chat-message.ts'
import { Room } from './chat/room.ts'
import { element } from './shared/element.ts'
import { connectStringIn, newProtocol } from './shared/invitation.ts'
import { PeerPage } from './shared/peer-page.ts'

const PREFIX = '/x/chat-'
const protocol = newProtocol(PREFIX)
const page = new PeerPage('#chat', view)
const target = element('#target', HTMLTextAreaElement)
const message = element('#message', HTMLInputElement)
let room: Room | undefined

async function host(): Promise<void> {
  const { peer } = await page.ready()
  if (room !== undefined) return
  const own = enter(peer)
  for await (const guest of page.arrivals(protocol)) void own.admit(guest)
}

async function join(): Promise<void> {
  const invitation = page.read(target.value, PREFIX, 'a chat')
  if (invitation === undefined) return
  const visited = enter()
  for await (const link of page.connections(invitation)) page.lost(await visited.visit(link))
}

/** Shows a room instead of the ways to one; a host names its own peer. */
function enter(hostPeer?: string): Room {
  const typed = element('#name', HTMLInputElement).value
  const name = cleanName(typed || `Guest ${Math.floor(100 + Math.random() * 900)}`)
  room = new Room({ name, hostPeer, changed: () => page.draw() })
  document.body.className = hostPeer === undefined ? 'guest' : 'host'
  message.focus()
  page.fail('')
  return room
}

function view(): TemplateResult {
  if (room === undefined) return page.status('Your peer is running. Open a room, or join one.')
  const { lines, members, links, init } = room
  const line = ({ from, text, isOwn }: Room['lines'][number]): TemplateResult =>
    html`<li class=${from === '' ? 'note' : isOwn ? 'mine' : ''}>
      <bdi class="from">${from}</bdi>${from && ': '}<bdi class="text">${text}</bdi>
    </li>`
  const log = repeat(lines, (said) => said, line)
  render(log, element('#lines', HTMLElement))
  const who = ([key, name]: [string, string], index: number): TemplateResult =>
    html`<li title=${key}><bdi>${name}</bdi> <span class="quiet">${index === 0 ? 'host' : ''}</span></li>`
  render(Array.from(members, who), element('#members', HTMLElement))
  if (init.hostPeer === undefined) {
    element('#send', HTMLButtonElement).disabled = links.size === 0
    return page.status(links.size === 0 ? 'Looking for the host …' : 'You are in the room.')
  }
  render(page.invitation(protocol), element('#invitation', HTMLElement))
  element('#connect-string', HTMLTextAreaElement).value = page.connectString(protocol)
  return page.status('Your room is open. Hand its link to those who are to join.')
}

element('#host', HTMLElement).addEventListener('click', () => void host())
element('#setup', HTMLElement).addEventListener('submit', () => void join())
element('#say', HTMLElement).addEventListener('submit', () => {
  room?.say(message.value)
  message.value = ''
  message.focus()
})
element('#open', HTMLElement).hidden = location.hash !== ''
target.value = connectStringIn(location.hash)
// A link that is followed in this tab: in a room it is no reason to throw anybody out.
addEventListener('hashchange', () => room ?? location.reload())
