import { render } from 'lit'
import { connect } from '../src/client/index.ts'
import { surroundings } from '../src/site/surroundings.ts'
import { chatView } from './chat/chat-view.ts'
import { connectStringIn } from './chat/invitation.ts'
import { ChatSession, guestName } from './chat/session.ts'

/** Where the person's name is kept from one visit to the next. */
const NAME_KEY = 'libp2p-websocket:chat-name'
/** How far from its end the log may stand, in pixels, and still follow what is said. */
const FOLLOW_PX = 40

const root = document.querySelector<HTMLElement>('#chat')
if (root === null) throw new Error('the page has no #chat')
const page = root
const life = new AbortController()

let name = storedName() ?? guestName()
let target = ''
let hadRelay = false
let drawing = false

const session = new ChatSession({
  connect: (signal) => connect(surroundings.relayUrl, { signal }),
  changed: draw,
  signal: life.signal,
})

/** One drawing for all that happens in a task; not with the screen's frames, which a hidden tab does not have. */
function draw(): void {
  if (drawing) return
  drawing = true
  queueMicrotask(() => {
    drawing = false
    show()
  })
}

function show(): void {
  hadRelay ||= session.relay.kind === 'connected'
  const before = page.querySelector('#messages')
  const follows = before === null || before.scrollHeight - before.scrollTop - before.clientHeight < FOLLOW_PX
  render(
    chatView({
      session,
      surroundings,
      page: location.href,
      name,
      target,
      hadRelay,
      named,
      targeted,
      host: () => session.host(name),
      join: () => session.join(name, target),
      rejoin,
    }),
    page,
  )
  const log = page.querySelector('#messages')
  if (log === null || !follows) return
  log.scrollTop = log.scrollHeight
  // Whoever enters a room wants to speak.
  if (before === null) page.querySelector<HTMLElement>('#message')?.focus()
}

function named(typed: string): void {
  name = typed
  storeName(typed)
}

function targeted(typed: string): void {
  target = typed
}

function rejoin(): void {
  if (session.phase.kind === 'visiting') session.join(name, session.phase.invitation)
}

/** A link to a room was followed. In a room it is left alone: a link is no reason to throw anybody out. */
function follow(): void {
  const connectString = connectStringIn(location.hash)
  if (connectString === '' || session.phase.kind !== 'choosing') return
  target = connectString
  session.join(name, connectString)
}

function storedName(): string | undefined {
  try {
    return localStorage.getItem(NAME_KEY) ?? undefined
  } catch {
    return undefined // The browser keeps nothing for this page: the name lasts as long as the page.
  }
}

function storeName(typed: string): void {
  try {
    localStorage.setItem(NAME_KEY, typed)
  } catch {
    return // As above.
  }
}

addEventListener('hashchange', follow)
page.textContent = ''
draw()
follow()
