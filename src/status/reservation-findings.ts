import type { Finding } from './diagnosis.ts'
import type { PeerStatus, ReservationFailure, RelayStatus, ReservationStatus } from './status.ts'
import { asSentence, counted, isBrowser, listed, numberWord, placeOf } from './finding-words.ts'

/** Phrases for one kind of failure. */
interface FailurePhrases {
  /** For one circuit relay. */
  one: string
  /** For several of the circuit relays. */
  many: string
  /** For two circuit relays, if that is all of them. */
  both: string
  /** For more than two circuit relays, if that is all of them. */
  all: string
}

const FAILURES: Readonly<Record<ReservationFailure['kind'], FailurePhrases>> = {
  unreachable: neither('could not be reached', 'could not be reached', 'could be reached'),
  full: { one: 'was full', many: 'were full', both: 'both were full', all: 'all were full' },
  refused: every('refused'),
  'no-relay': neither('is not a circuit relay', 'are not circuit relays', 'is a circuit relay'),
  slow: neither('did not answer in time', 'did not answer in time', 'answered in time'),
  'no-address': neither('gave no address', 'gave no address', 'gave an address'),
  untrue: every('gave an invalid reservation'),
  lost: { one: 'was lost', many: 'were lost', both: 'both were lost', all: 'all were lost' },
}

function every(words: string): FailurePhrases {
  return { one: words, many: words, both: `both ${words}`, all: `all ${words}` }
}

function neither(one: string, many: string, none: string): FailurePhrases {
  return { one, many, both: `neither ${none}`, all: `none ${none}` }
}

/** What to do about the most frequent failure. */
const REMEDIES: Readonly<Record<ReservationFailure['kind'], string>> = {
  unreachable:
    'Check whether the circuit relay is running, and whether its address in /network.json or the settings is correct.',
  full: 'Add another circuit relay in the settings, or ask whoever runs this one to raise its limit (-relayreservations).',
  refused: 'Add another circuit relay in the settings, or ask whoever runs this one to accept your peer.',
  'no-relay': 'Add another circuit relay in the settings, or start this one with -relay.',
  slow: 'Wait a moment, or add another circuit relay in the settings.',
  'no-address':
    'Add another circuit relay in the settings. Whoever runs this one should give it an address (-announce).',
  untrue: 'Add another circuit relay in the settings. The reservations of this one do not work.',
  lost: 'Wait a moment: your peer is reconnecting. If it does not succeed, check whether the circuit relay is running.',
}

const ADD_ONE =
  'Add one in the settings or in /network.json. To run one, use the command libp2p-websocket -start -relay.'

/**
 * Returns the findings about the circuit relays through which the peer is reached. A program that can be
 * dialled needs none.
 */
export function reservationFindings(status: RelayStatus): Finding[] {
  const { peer } = status
  if (peer === undefined || (!isBrowser(status) && peer.relays.length === 0)) return []
  const held = peer.relays.filter(({ state }) => state.kind === 'held')
  if (peer.relaysWanted === 0) return held.length === 0 ? [noneWanted(status)] : []
  if (held.length >= peer.relaysWanted) return []
  if (peer.relays.length === 0) return [noneKnown(status)]
  return [held.length === 0 ? noneHeld(peer) : tooFew(peer, held.length)]
}

function noneWanted(status: RelayStatus): Finding {
  return {
    id: 'no-relays-wanted',
    severity: 'info',
    text: `${asSubject(status)} is configured to have no reservations on circuit relays, so other browsers can reach it only while it is connected to them.`,
    action: 'If that is not intended, set "reservations" in /network.json to 2.',
  }
}

function noneKnown(status: RelayStatus): Finding {
  return {
    id: 'no-relays',
    severity: 'error',
    text: `${asSubject(status)} has no circuit relay, so only peers it has already contacted can reach it. It can still reach peers that have an address.`,
    action: ADD_ONE,
  }
}

function noneHeld({ relays }: PeerStatus): Finding {
  const failed = relays.filter(hasFailed)
  if (failed.length === 0) {
    return {
      id: 'relays-trying',
      severity: 'info',
      text: `Your peer is asking ${counted(relays.length, 'circuit relay')} for a reservation, so that others can reach it.`,
      action: '',
    }
  }
  return {
    id: 'relays-failed',
    severity: 'error',
    text: `No circuit relay has accepted your peer: ${triedWords(failed)}. Others can still reach you if you connect to them first.`,
    action: remedyOf(failed),
  }
}

function tooFew({ relays, relaysWanted }: PeerStatus, held: number): Finding {
  const failed = relays.filter(hasFailed)
  const holds = `Your peer wants ${counted(relaysWanted, 'reservation')} on circuit relays and has ${numberWord(held)}`
  const risk = held === 1 ? ' If it is lost, nobody can reach you for a while.' : ''
  const others =
    failed.length === 0
      ? 'It knows no other circuit relay.'
      : `Of the other circuit relays, ${triedWords(failed)}.`
  return {
    id: 'relays-few',
    severity: failed.length === 0 ? 'info' : 'warning',
    text: `${holds}.${risk} ${others}`,
    action:
      failed.length === 0
        ? 'Add another circuit relay in the settings or in /network.json. Meanwhile, your peer searches the network for one.'
        : remedyOf(failed),
  }
}

/** Whether the circuit relay was asked, and there is no reservation on it now. */
function hasFailed({ state, lastError }: ReservationStatus): boolean {
  return state.kind !== 'held' && lastError !== undefined
}

/**
 * `two were tried, both were full`, or `three were tried, of which two could not be reached and one was
 * full`.
 */
function triedWords(failed: readonly ReservationStatus[]): string {
  const kinds = kindsOf(failed)
  const tried = `${numberWord(failed.length)} ${failed.length === 1 ? 'was' : 'were'} tried`
  const [only] = kinds
  if (kinds.length === 1 && only !== undefined) {
    const { one, both, all } = FAILURES[only.kind]
    if (only.count === 1) return `${tried} and ${one}`
    return `${tried}, ${only.count === 2 ? both : all}`
  }
  const parts = kinds.map(
    ({ kind, count }) => `${numberWord(count)} ${FAILURES[kind][count === 1 ? 'one' : 'many']}`,
  )
  return `${tried}, of which ${listed(parts)}`
}

function remedyOf(failed: readonly ReservationStatus[]): string {
  const [first] = kindsOf(failed)
  return first === undefined ? ADD_ONE : REMEDIES[first.kind]
}

/** How often each kind of failure occurred, the most frequent first. */
function kindsOf(
  failed: readonly ReservationStatus[],
): { kind: ReservationFailure['kind']; count: number }[] {
  const counts = new Map<ReservationFailure['kind'], number>()
  for (const { lastError } of failed) {
    if (lastError !== undefined) counts.set(lastError.kind, (counts.get(lastError.kind) ?? 0) + 1)
  }
  return [...counts].map(([kind, count]) => ({ kind, count })).sort((one, other) => other.count - one.count)
}

function asSubject(status: RelayStatus): string {
  return asSentence(placeOf(status)).slice(0, -1)
}
