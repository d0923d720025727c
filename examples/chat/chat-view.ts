import type { TemplateResult } from 'lit'
import { html, nothing } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { copyButton, selectText } from '../../src/site/copy-button.ts'
import type { Surroundings } from '../../src/site/relay-words.ts'
import { relayHelp, relayWords } from '../../src/site/relay-words.ts'
import { sentence } from '../../src/site/sentence.ts'
import { MAX_NAME_LENGTH, MAX_TEXT_LENGTH } from './chat-message.ts'
import { linkOf } from './invitation.ts'
import type { Room } from './room.ts'
import type { ChatSession } from './session.ts'
import type { Line } from './transcript.ts'

/** What the view shows beside the session, and whom it tells what the person does: what was typed is the page's to keep. */
export interface ChatViewInit {
  session: ChatSession
  surroundings: Surroundings
  /** The page's own address, for links to it. */
  page: string
  name: string
  /** What stands in the field for the connect string. */
  target: string
  /** Whether there was a relay before. */
  hadRelay: boolean
  named: (name: string) => void
  targeted: (text: string) => void
  host: () => void
  join: () => void
  rejoin: () => void
}

/** The whole page of the chat. */
export function chatView(init: ChatViewInit): TemplateResult {
  const { session, surroundings, hadRelay } = init
  const { room, relay } = session
  const sign =
    relay.kind === 'waiting' || room?.ended !== undefined ? 'bad' : relay.kind === 'connected' ? 'good' : ''
  return html`
    <h1>Chat</h1>
    <p id="status" role="status" class="state ${sign}">${statusWords(session, hadRelay)}</p>
    <p
      id="error"
      role="alert"
      class="notice bad"
      .textContent=${session.problem === '' ? '' : sentence(session.problem)}
    ></p>
    ${relayHelp(relay, surroundings, () => session.retry())}
    ${room === undefined ? setup(init) : inRoom(init, room)}
    <footer><a href="../${surroundings.native ? '?native' : ''}">Your peer</a></footer>
  `
}

/** Where things stand, in one or two sentences. */
export function statusWords(session: ChatSession, hadRelay: boolean): string {
  const { relay, phase } = session
  if (relay.kind !== 'connected') return relayWords(relay, hadRelay)
  switch (phase.kind) {
    case 'choosing':
      return 'Your peer is running. Open a room, or join one.'
    case 'opening':
      return 'Opening a room …'
    case 'joining':
      return 'Joining: looking for the host …'
    case 'hosting':
      return session.connectString === ''
        ? 'Your room is open. Waiting for an address under which others find you …'
        : 'Your room is open. Hand its link to those who are to join.'
    case 'visiting':
      return phase.room.ended ?? 'You are in the room.'
    default:
      return phase satisfies never
  }
}

function setup({ session, name, target, named, targeted, host, join }: ChatViewInit): TemplateResult {
  const busy = session.phase.kind !== 'choosing'
  const value = (event: Event): string => (event.currentTarget as HTMLInputElement).value
  return html`<div class="setup">
    <div class="wide">
      <label for="name">Your name</label>
      <input
        id="name"
        autocomplete="nickname"
        maxlength=${MAX_NAME_LENGTH}
        .value=${name}
        ?disabled=${busy}
        @input=${(event: Event) => named(value(event))}
      />
    </div>
    <form class="card" @submit=${submitting(host)}>
      <h2>Open a room</h2>
      <p class="quiet">You are its host: it lives as long as this page does.</p>
      <button id="host" class="main" ?disabled=${busy}>Open a room</button>
    </form>
    <form class="card" @submit=${submitting(join)}>
      <h2>Join a room</h2>
      <p>
        <label for="target">The link or connect string that the host gave you</label>
        <textarea
          id="target"
          rows="3"
          spellcheck="false"
          autocomplete="off"
          .value=${target}
          ?disabled=${busy}
          @input=${(event: Event) => targeted(value(event))}
        ></textarea>
      </p>
      <button id="join" ?disabled=${busy}>Join</button>
    </form>
    ${
      busy
        ? html`<p class="wide">
            <button type="button" id="leave" @click=${() => session.leave()}>Give up</button>
          </p>`
        : nothing
    }
  </div>`
}

function inRoom(init: ChatViewInit, room: Room): TemplateResult {
  const { session, rejoin } = init
  const { phase } = session
  const over = room.ended !== undefined
  return html`<div class="room">
    ${phase.kind === 'hosting' && session.relay.kind === 'connected' ? invitation(init) : nothing}
    <section class="card" aria-label="Conversation">
      <div id="messages" role="log" aria-label="Messages" tabindex="0">
        <ol class="list">
          ${repeat(room.transcript.lines, ({ id }) => id, line)}
        </ol>
      </div>
      <form class="row" @submit=${submitting((form) => sendFrom(form, session))}>
        <label for="message" class="said">Message</label>
        <input
          id="message"
          class="grow"
          autocomplete="off"
          placeholder="Say something"
          maxlength=${MAX_TEXT_LENGTH}
          ?disabled=${over}
        />
        <button id="send" class="main" ?disabled=${over}>Send</button>
      </form>
    </section>
    <section class="card" aria-labelledby="members-title">
      <h2 id="members-title">${over ? 'Who was here' : 'Who is here'}</h2>
      <ul id="members" class="list">
        ${repeat(
          room.members,
          ({ key }) => key,
          (member) =>
            html`<li title=${member.key}>
              <bdi>${member.name}</bdi>
              <span class="quiet"
                >${[member.you ? 'you' : '', member.host ? 'host' : ''].filter(Boolean).join(', ')}</span
              >
            </li>`,
        )}
      </ul>
    </section>
    <p class="wide row">
      ${over ? html`<button type="button" id="rejoin" class="main" @click=${rejoin}>Join again</button>` : nothing}
      <button type="button" id="leave" @click=${() => session.leave()}>
        ${phase.kind === 'hosting' ? 'Close the room' : 'Leave'}
      </button>
    </p>
  </div>`
}

function invitation({ session, page }: ChatViewInit): TemplateResult {
  const { connectString } = session
  const link = connectString === '' ? '' : linkOf(page, connectString)
  return html`<section class="card wide" aria-labelledby="invitation-title">
    <h2 id="invitation-title">Invite others</h2>
    <p ?hidden=${connectString === ''}>
      <label for="connect-string">Connect string</label>
      <textarea id="connect-string" rows="3" readonly spellcheck="false" .value=${connectString}></textarea>
    </p>
    <p class="row" ?hidden=${connectString === ''}>
      ${copyButton(
        'copy',
        'Copy connect string',
        () => session.connectString,
        () => selectText(document.querySelector('#connect-string')),
      )}
      ${copyButton(
        'copy-link',
        'Copy link',
        () => linkOf(page, session.connectString),
        () => selectText(document.querySelector('#link')),
      )}
      <a id="link" href=${link} target="_blank">Link to this room</a>
    </p>
    ${
      session.public
        ? nothing
        : html`<p id="unreachable" class="notice">
            Others cannot reach this peer from elsewhere yet. Other tabs of this browser can; so can others
            once a relay has taken the peer in, and then the connect string changes.
          </p>`
    }
  </section>`
}

function line(said: Line): TemplateResult {
  if (said.kind === 'note') return html`<li class="note"><bdi>${said.text}</bdi></li>`
  return html`<li class=${said.mine ? 'mine' : ''}>
    <bdi class="from">${said.from}</bdi>: <bdi class="text">${said.text}</bdi>
  </li>`
}

function sendFrom(form: HTMLFormElement, session: ChatSession): void {
  const field = form.querySelector('input')
  if (field === null) return
  if (session.say(field.value)) field.value = ''
  field.focus()
}

function submitting(act: (form: HTMLFormElement) => void): (event: SubmitEvent) => void {
  return (event) => {
    event.preventDefault()
    act(event.currentTarget as HTMLFormElement)
  }
}
