import type { Finding } from './diagnosis.ts'
import type { PeerStatus, RelayError, RelayStatus, ReservationStatus } from './status.ts'
import { asSentence, counted, isBrowser, listed, numberWord, placeOf } from './words.ts'

/** What a relay did; what several did, some among others; and what both did, or all. */
interface Deed {
  one: string
  many: string
  both: string
  all: string
}

const DEEDS: Readonly<Record<RelayError['kind'], Deed>> = {
  unreachable: neither('could not be reached', 'could not be reached', 'could be reached'),
  full: every('refused (full)'),
  refused: every('refused'),
  'no-relay': neither('serves no circuits', 'serve no circuits', 'serves circuits'),
  slow: neither('did not answer in time', 'did not answer in time', 'answered in time'),
  'no-address': neither('gave no address', 'gave no address', 'gave an address'),
  untrue: every('gave a place that is none'),
  lost: { one: 'was lost', many: 'were lost', both: 'both were lost', all: 'all were lost' },
}

function every(words: string): Deed {
  return { one: words, many: words, both: `both ${words}`, all: `all ${words}` }
}

function neither(one: string, many: string, none: string): Deed {
  return { one, many, both: `neither ${none}`, all: `none ${none}` }
}

/** What to do about what most of them did. */
const REMEDIES: Readonly<Record<RelayError['kind'], string>> = {
  unreachable:
    'See whether the relay runs, and whether its address in /network.json or the settings is right.',
  full: 'Name another relay in the settings, or ask whoever runs this one for more room (-relayreservations).',
  refused: 'Name another relay in the settings, or ask whoever runs this one to let this peer in.',
  'no-relay': 'Name another relay in the settings, or start this one with -relay.',
  slow: 'Wait a little, or name another relay in the settings.',
  'no-address':
    'Name another relay in the settings; whoever runs this one should give it an address (-announce).',
  untrue: 'Name another relay in the settings: this one does not keep its word.',
  lost: 'Wait a little: it is asked again. If it stays so, see whether the relay runs.',
}

const NAME_ONE =
  'Name one in the settings or in /network.json: the command libp2p-websocket -start -relay runs one.'

/** What is to be said of the relays that the peer is reached through. A program that can be dialled needs none. */
export function relayFindings(status: RelayStatus): Finding[] {
  const { peer } = status
  if (peer === undefined || (!isBrowser(status) && peer.relays.length === 0)) return []
  const held = peer.relays.filter(({ state }) => state.kind === 'held')
  if (peer.relaysWanted === 0) return held.length === 0 ? [noneWanted(status)] : []
  if (held.length >= peer.relaysWanted) return []
  if (peer.relays.length === 0) return [noneKnown(status)]
  return [held.length === 0 ? noneHeld(status, peer) : tooFew(peer, held.length)]
}

function noneWanted(status: RelayStatus): Finding {
  return {
    id: 'no-relays-wanted',
    severity: 'info',
    text: `${asSubject(status)} is told to hold no place on a relay, so other browsers can reach it only while it is connected to them.`,
    action: 'If that is not meant, set "reservations" in /network.json to 2.',
  }
}

function noneKnown(status: RelayStatus): Finding {
  return {
    id: 'no-relays',
    severity: 'error',
    text: `No relay is known to ${placeOf(status)}, so nobody can reach it whom it has not connected to first. It can still reach others that have an address.`,
    action: NAME_ONE,
  }
}

function noneHeld(status: RelayStatus, { relays }: PeerStatus): Finding {
  const failed = relays.filter(hasFailed)
  if (failed.length === 0) {
    return {
      id: 'relays-trying',
      severity: 'info',
      text: `${asSubject(status)} is asking ${counted(relays.length, 'relay')} for a place, so that others can reach it.`,
      action: '',
    }
  }
  return {
    id: 'relays-failed',
    severity: 'error',
    text: `No relay has accepted ${placeOf(status)}: ${triedWords(failed)}. Others can still reach you if you connect to them first.`,
    action: remedyOf(failed),
  }
}

function tooFew({ relays, relaysWanted }: PeerStatus, held: number): Finding {
  const failed = relays.filter(hasFailed)
  const holds = `${asSentence(numberWord(held)).slice(0, -1)} of the ${counted(relaysWanted, 'relay')} that are wanted ${held === 1 ? 'holds' : 'hold'} a place`
  const risk = held === 1 ? 'If it goes, nobody can reach you for a while.' : ''
  return {
    id: 'relays-few',
    severity: failed.length === 0 ? 'info' : 'warning',
    text: `${holds}${failed.length === 0 ? ', and no other is known.' : `: of the others, ${triedWords(failed)}.`} ${risk}`.trim(),
    action:
      failed.length === 0
        ? 'Name another in the settings or in /network.json; the network is searched for one meanwhile.'
        : remedyOf(failed),
  }
}

/** It was asked, and gave no place that it still gives. */
function hasFailed({ state, lastError }: ReservationStatus): boolean {
  return state.kind !== 'held' && lastError !== undefined
}

/** `two were tried, both refused (full)`; `three were tried, of which two could not be reached and one refused (full)`. */
function triedWords(failed: readonly ReservationStatus[]): string {
  const kinds = kindsOf(failed)
  const tried = `${numberWord(failed.length)} ${failed.length === 1 ? 'was' : 'were'} tried`
  const [only] = kinds
  if (kinds.length === 1 && only !== undefined) {
    const { one, both, all } = DEEDS[only.kind]
    if (only.count === 1) return `${tried}, and ${one}`
    return `${tried}, ${only.count === 2 ? both : all}`
  }
  const parts = kinds.map(
    ({ kind, count }) => `${numberWord(count)} ${DEEDS[kind][count === 1 ? 'one' : 'many']}`,
  )
  return `${tried}, of which ${listed(parts)}`
}

function remedyOf(failed: readonly ReservationStatus[]): string {
  const [first] = kindsOf(failed)
  return first === undefined ? NAME_ONE : REMEDIES[first.kind]
}

/** What they did, the most frequent first. */
function kindsOf(failed: readonly ReservationStatus[]): { kind: RelayError['kind']; count: number }[] {
  const counts = new Map<RelayError['kind'], number>()
  for (const { lastError } of failed) {
    if (lastError !== undefined) counts.set(lastError.kind, (counts.get(lastError.kind) ?? 0) + 1)
  }
  return [...counts].map(([kind, count]) => ({ kind, count })).sort((one, other) => other.count - one.count)
}

function asSubject(status: RelayStatus): string {
  return asSentence(placeOf(status)).slice(0, -1)
}
