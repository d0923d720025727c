import type { TemplateResult } from 'lit'
import { html } from '../../src/site/html.ts'
import { isLoopbackHost } from '../../src/platform/loopback.ts'
import { connectStringOf } from '../../src/site/peer/short-connect-string.ts'
import { toLinkText } from '../../src/site/link-text.ts'
import { element } from '../shared/element.ts'
import { invitationView } from '../shared/invitation-view.ts'
import { linkView } from '../shared/link-view.ts'
import type { PageStatus } from '../shared/page-status.ts'
import type { PeerPage } from '../shared/peer-page.ts'
import { openStatus } from '../shared/reach.ts'
import type { OtherRoom } from '../shared/room-page.ts'
import { newProtocol, readConnectString } from './connect-string.ts'
import { host } from './host.ts'
import { OldRoom } from './old-room.ts'
import { visit } from './visit.ts'

/** The part of the chat's page that an old room uses. */
type OldPage = PeerPage & { other: OtherRoom | undefined }

/**
 * Joins a room of the 2020 chat, or opens one if the connect string is empty. Throws an error for the user if
 * the connect string is damaged.
 *
 * @param add shows what was said, or without a name what happened
 * @returns says something in the room
 */
export function joinOld(
  connectString: string,
  name: string,
  page: OldPage,
  add: (text: string, from: string, kind?: string) => void,
): (text: string) => void {
  const isHost = connectString === ''
  const room = new OldRoom(name, add, () => page.draw(), isHost ? page.client?.peer : undefined)
  let problem: PageStatus = { sign: '', text: 'Joining the room …' }
  const isOutside = (): boolean => !isHost && room.star.size === 0
  let ownString = (): string => connectString
  if (isHost) {
    const protocol = newProtocol()
    ownString = () => ownConnectString(page, protocol)
    void host(page, protocol, room)
  } else {
    void visit(page, readConnectString(connectString), room, (status) => {
      problem = status
      page.draw()
    })
  }
  page.other = {
    status() {
      element('#send', HTMLButtonElement).disabled = isOutside()
      if (isOutside()) return problem
      return isHost ? openStatus('room', page.reach) : { sign: 'good', text: 'You are in the room.' }
    },
    members: () =>
      html`${Array.from(room.members, ([key, member], index) => memberView(room, key, member, index))}`,
    invitation: () => oldInvitationView(ownString()),
  }
  return (text) => room.say(text)
}

function memberView(room: OldRoom, key: string, name: string, index: number): TemplateResult {
  return html`<li title=${key}>
    <bdi translate="no">${name}</bdi> ${index === 0 ? 'host' : ''} ${linkView(room.star.linkOf(key))}
  </li>`
}

function ownConnectString({ client }: PeerPage, protocol: string): string {
  const { peer = '', addresses = [] } = client ?? {}
  return connectStringOf(peer, addresses, {
    protocol,
    isForThisMachine: isLoopbackHost(location.hostname),
  })
}

function oldInvitationView(connectString: string): TemplateResult {
  if (connectString === '') {
    return html`<p class="quiet">Waiting for an address of your peer …</p>`
  }
  const url = new URL(location.href)
  url.hash = toLinkText(connectString)
  return invitationView(
    url.href,
    html`<label for="connect-string">Connect string, for the chat of 2020</label>
      <textarea id="connect-string" rows="3" readonly spellcheck="false" .value=${connectString}></textarea>`,
  )
}
