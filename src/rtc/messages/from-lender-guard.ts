import { hasType, isBoolean, isCount, isPort, isRecord, isString, listOf, orNull, shape } from './guards.ts'
import type { ConnectionEvent, FromLender, Value } from './messages.ts'
import {
  isCandidate,
  isChannelDescription,
  isConnectionState,
  isDescription,
  isPostedError,
} from './state-guards.ts'

const always = (): boolean => true

function isEntry(value: unknown): value is [string, object] {
  return Array.isArray(value) && value.length === 2 && isString(value[0]) && isRecord(value[1])
}

const values: { [T in Value['type']]: (value: unknown) => boolean } = {
  nothing: always,
  description: shape<{ description: unknown }>({ description: isDescription }),
  stats: shape<{ entries: unknown }>({ entries: listOf(isEntry) }),
}

function isOutcome(value: unknown): boolean {
  if (!isRecord(value)) return false
  return value['ok'] === true
    ? hasType(values, value['value'])
    : value['ok'] === false && isPostedError(value['error'])
}

const events: { [T in ConnectionEvent['type']]: (value: unknown) => boolean } = {
  negotiationneeded: always,
  signalingstatechange: always,
  icegatheringstatechange: always,
  iceconnectionstatechange: always,
  connectionstatechange: always,
  sctpstatechange: always,
  icecandidate: shape<{ candidate: unknown }>({ candidate: orNull(isCandidate) }),
  icecandidateerror: shape<Omit<Extract<ConnectionEvent, { type: 'icecandidateerror' }>, 'type'>>({
    address: orNull(isString),
    port: orNull(isCount),
    url: isString,
    errorCode: isCount,
    errorText: isString,
  }),
  datachannel: shape<{ channel: unknown; port: MessagePort }>({
    channel: isChannelDescription,
    port: isPort,
  }),
}

const isFacts = shape<{ expires: number; fingerprints: unknown }>({
  expires: isCount,
  fingerprints: listOf(shape<{ algorithm: string; value: string }>({ algorithm: isString, value: isString })),
})

const messages: { [T in FromLender['type']]: (value: unknown) => boolean } = {
  lend: shape<{ version: number }>({ version: isCount }),
  unable: shape<{ reason: string }>({ reason: isString }),
  visible: shape<{ visible: boolean }>({ visible: isBoolean }),
  created: shape<{ pc: number; state: unknown }>({ pc: isCount, state: isConnectionState }),
  refused: shape<{ pc: number; error: unknown }>({ pc: isCount, error: isPostedError }),
  result: shape<{ pc: number; call: number; outcome: unknown; state: unknown }>({
    pc: isCount,
    call: isCount,
    outcome: isOutcome,
    state: isConnectionState,
  }),
  event: shape<{ pc: number; event: unknown; state: unknown }>({
    pc: isCount,
    event: (value) => hasType(events, value),
    state: isConnectionState,
  }),
  certified: shape<{ certificate: number; facts: unknown }>({ certificate: isCount, facts: isFacts }),
  uncertified: shape<{ certificate: number; error: unknown }>({ certificate: isCount, error: isPostedError }),
  stopped: shape<{ reason: string }>({ reason: isString }),
}

/** Whether this is a well-formed message of a lender to a borrower. It may still come at the wrong time. */
export function isFromLender(value: unknown): value is FromLender {
  return hasType(messages, value)
}
