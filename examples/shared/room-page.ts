import type { TemplateResult, nothing } from 'lit'
import { isLoopbackHost } from '../../src/platform/loopback.ts'
import type { Member, RequestTypes, Room } from '../../src/room/index.ts'
import { joinRoom, randomRoomName } from '../../src/room/index.ts'
import { environment } from '../../src/site/environment.ts'
import { html } from '../../src/site/html.ts'
import { selectAddresses } from '../../src/site/peer/short-connect-string.ts'
import { cleanName, isGuestName } from './clean-name.ts'
import { show } from './element.ts'
import { hasFields, textUpTo } from './fields.ts'
import { invitationView } from './invitation-view.ts'
import { linkView } from './link-view.ts'
import { livePeer } from './live-peer.ts'
import type { PageStatus } from './page-status.ts'
import type { PeerPageInit } from './peer-page.ts'
import { PeerPage } from './peer-page.ts'
import { openStatus } from './reach.ts'
import type { Pasted, RoomLink } from './room-link.ts'
import { createRoomLink, readFragment } from './room-link.ts'

/** Addresses in a link. Each makes the link longer, and its QR code larger. */
const MAX_ADDRESSES = 2

/** What every member says of itself. */
export interface Person {
  name: string
}

/** Checks what a member says of itself. */
export const isPerson = hasFields<Person>({ name: textUpTo(100) })

/** Returns a member's name as one line. */
export function nameOf({ state }: Member<Person>): string {
  return cleanName(state?.name ?? '')
}

/** Returns who invites, for a link; empty if that is nobody in particular. */
function inviterOf(state: Person | undefined): string {
  const name = state?.name ?? ''
  return isGuestName(name) ? '' : name
}

/** Options of a {@link RoomPage}. */
export interface RoomPageInit<Messages, State> extends PeerPageInit {
  /** Keeps the rooms of one example apart from those of another. */
  scope: string
  /** What the page opens, such as `board`. */
  what: string
  isMessage: (data: unknown) => data is Messages
  isState: (state: unknown) => state is State
}

/** Something else than a room that the page is in, such as a room of the 2020 chat. */
export interface OtherRoom {
  status(): PageStatus
  members(): TemplateResult | typeof nothing
  invitation(): TemplateResult | typeof nothing
}

/**
 * A page with one room, which it opens, or joins by the invitation in its address.
 *
 * It shows the members and the invitation in the page's elements `#members` and `#invitation`, and shows
 * `#together`, if there is one, once it is in a room.
 */
export class RoomPage<
  Messages,
  State extends Person,
  Calls extends RequestTypes<Calls> = Record<string, { argument: unknown; answer: unknown }>,
> extends PeerPage {
  /** What this page's address leads to; undefined if it contains no invitation. */
  readonly invited: Pasted | undefined
  room: Room<Messages, State, Calls> | undefined
  other: OtherRoom | undefined
  readonly #init: RoomPageInit<Messages, State>
  #isJoining = false
  #hasMet = false

  constructor(init: RoomPageInit<Messages, State>) {
    super(init)
    this.#init = init
    this.invited = this.#readAddress()
    // Another link that is followed in this tab.
    addEventListener('hashchange', () => location.reload())
  }

  /** What a button says that accepts the invitation to a chat or the like; undefined if there is none. */
  joinLabel(what: string): string | undefined {
    if (this.invited === undefined) return undefined
    const from = 'from' in this.invited ? this.invited.from : ''
    return from === '' ? `Join the ${what}` : `Join ${cleanName(from)}’s ${what}`
  }

  /** Opens a room, or joins that of a link. Rejects with an error for the user. */
  async join(state: State, link?: RoomLink): Promise<Room<Messages, State, Calls>> {
    this.fail('')
    this.#isJoining = true
    this.draw()
    try {
      const { isMessage, isState } = this.#init
      const scope = `${location.origin} ${this.#init.scope}`
      const options = { state, isMessage, isState, scope, url: environment.relayUrl }
      const room = await joinRoom<Messages, State, Calls>(link ?? { name: randomRoomName() }, options)
      this.room = room
      for (const type of ['join', 'leave', 'state', 'link'] as const) {
        room.addEventListener(type, () => {
          this.#hasMet ||= type === 'join'
          this.draw()
        })
      }
      room.addEventListener('error', ({ error }) => console.debug('in the room:', error))
      // A reload asks whether to join again.
      history.replaceState(
        null,
        '',
        createRoomLink(location.href, { name: room.name, from: inviterOf(state) }),
      )
      return room
    } finally {
      this.#isJoining = false
      this.draw()
    }
  }

  protected override status(): PageStatus {
    const { what } = this.#init
    if (this.other !== undefined) return this.other.status()
    if (this.#isJoining) return { sign: '', text: `Joining the ${what} …` }
    if (this.room === undefined) return { sign: 'good', text: this.#idle() }
    const links = Array.from(this.room.members.values(), ({ link }) => link)
    if (links.length === 0) return this.#aloneStatus()
    if (links.every((link) => link === 'interrupted'))
      return { sign: 'bad', text: 'The connection was interrupted. Your peer is reconnecting.' }
    const others = links.length === 1 ? 'one other person' : `${links.length} others`
    return { sign: 'good', text: `You share the ${what} with ${others}.` }
  }

  protected override drawMore(): void {
    // One room is enough.
    for (const button of document.querySelectorAll<HTMLButtonElement>('#setup button')) {
      button.disabled = this.#isJoining
    }
    if (this.other === undefined && this.room === undefined) return
    document.querySelector('#together')?.removeAttribute('hidden')
    show('#members', this.other?.members() ?? this.#members())
    show('#invitation', this.other?.invitation() ?? invitationView(this.#link()))
  }

  /** The link that invites to the room. */
  #link(): string {
    const { name = '', state } = this.room ?? {}
    const { peer = '', addresses = [] } = this.client ?? {}
    const addrs = selectAddresses(addresses, isLoopbackHost(location.hostname)).slice(0, MAX_ADDRESSES)
    // Where peers find each other by the room's name, the link needs no addresses.
    const peers = livePeer.isFindable || addrs.length === 0 ? [] : [{ peer, addrs }]
    return createRoomLink(location.href, { name, peers, from: inviterOf(state) })
  }

  #members(): TemplateResult {
    const { name = '' } = this.room?.state ?? {}
    return html`<li><bdi translate="no">${name}</bdi> (you)</li>
      ${Array.from(
        this.room?.members.values() ?? [],
        (member) =>
          html`<li title=${member.peer}>
            <bdi translate="no">${nameOf(member)}</bdi> ${linkView(member.link)}
          </li>`,
      )}`
  }

  #readAddress(): Pasted | undefined {
    if (location.hash.length < 2) return undefined
    try {
      return readFragment(location.hash)
    } catch (error) {
      this.fail(error)
      return undefined
    }
  }

  #idle(): string {
    if (this.invited === undefined) return 'Your peer is running.'
    return 'from' in this.invited && this.invited.from !== ''
      ? `${cleanName(this.invited.from)} invites you.`
      : 'You are invited.'
  }

  #aloneStatus(): PageStatus {
    const { what } = this.#init
    if (this.#hasMet) {
      return { sign: 'good', text: 'Everybody else has left. Whoever has the link can come back.' }
    }
    if (this.invited === undefined) return openStatus(what, this.reach)
    return {
      sign: 'warn',
      text: `This ${what} no longer exists, or nobody is in it now.`,
      link: { href: '', text: 'Open a new one' },
    }
  }
}
