import type { TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { html } from '../src/site/html.ts'
import { cleanName, guestName } from './shared/clean-name.ts'
import { element } from './shared/element.ts'
import { hasFields, textUpTo } from './shared/fields.ts'
import type { Pasted } from './shared/room-link.ts'
import { readPasted } from './shared/room-link.ts'
import { RoomPage, isPerson, nameOf } from './shared/room-page.ts'

/** What was said, and without `from` what happened: the last 500. */
let lines: { text: string; from: string; kind: string; at: Date }[] = []
const isMessage = hasFields<{ text: string }>({ text: textUpTo(4_000) })
const init = { root: '#lines', scope: 'chat', what: 'room', isMessage, isState: isPerson }
const page = new RoomPage({ ...init, view: () => html`${repeat(lines, (line) => line, lineView)}` })
let say: (text: string) => void = () => undefined

function add(text: string, from = '', kind = from === '' ? 'note' : ''): void {
  lines = [...lines, { text, from, kind, at: new Date() }].slice(-500)
  page.draw()
}

/** Opens a room, or joins one by its link or name, or by a connect string of the 2020 chat. */
async function enter(to: Pasted | undefined): Promise<void> {
  const name = cleanName(element('#name', HTMLInputElement).value || guestName())
  if (to !== undefined && 'connectString' in to) {
    say = (await import('./chat-2020/join-old.ts')).joinOld(to.connectString, name, page, add)
  } else {
    const room = await page.join({ name }, to)
    room.addEventListener('join', ({ member }) => add(`${nameOf(member)} joined.`))
    room.addEventListener('leave', ({ member }) => add(`${nameOf(member)} left.`))
    room.addEventListener('message', ({ member, data }) => add(data.text, nameOf(member)))
    room.addEventListener('missed', ({ member }) => add(`Messages of ${nameOf(member)} got lost.`))
    say = (text) => (add(text, name, 'mine'), void page.act(() => room.send({ text })))
  }
  element('#setup', HTMLElement).hidden = true
  element('#room', HTMLElement).hidden = false
  element('#message', HTMLInputElement).focus()
}

const lineView = ({ text, from, kind, at }: (typeof lines)[number]): TemplateResult =>
  html`<li class=${kind}>
    <time>${at.toLocaleTimeString([], { timeStyle: 'short' })}</time>
    <bdi translate="no" class="from">${from}</bdi>${from && ': '}<bdi class="text">${text}</bdi>
  </li>`

element('#setup', HTMLElement).addEventListener('submit', ({ submitter }) => {
  const { value } = element('#target', HTMLTextAreaElement)
  // Rooms need a secure page; the old chat doesn't.
  const own = isSecureContext && submitter?.id !== 'old' ? undefined : { connectString: '' }
  void page.act(() => enter(submitter?.id === 'join' ? readPasted(value) : (page.invited ?? own)))
})
element('#say', HTMLElement).addEventListener('submit', () => {
  const field = element('#message', HTMLInputElement)
  if (field.value.trim() !== '') say(field.value)
  field.value = ''
})
element('#by-link', HTMLElement).hidden = page.invited !== undefined
element('#enter', HTMLElement).textContent = page.joinLabel('chat') ?? 'Open a room'
