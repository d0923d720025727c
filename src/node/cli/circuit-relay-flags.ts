import type { FlagReader } from './flag-syntax.ts'
import { parseDuration, parseInteger } from './flag-syntax.ts'
import type { CircuitRelayLimits } from '../peer/circuit-relay-limits.ts'
import { MAX_CIRCUIT_HOURS, MAX_CIRCUITS_OR_RESERVATIONS } from '../peer/circuit-relay-limits.ts'

/** The flags that limit the circuit relay, and the values they were given. */
export interface CircuitRelayFlags {
  readers: [name: string, reader: FlagReader][]
  /** The limits that were given. Filled by the readers. */
  limits: Partial<CircuitRelayLimits>
  /** The names of the flags that were given. Filled by the readers. */
  given: Set<string>
}

/**
 * Returns the readers of `-relaydata`, `-relayduration`, `-relaycircuits`, `-relayreservations` and
 * `-relayperaddress`.
 */
export function circuitRelayFlags(): CircuitRelayFlags {
  const limits: Partial<CircuitRelayLimits> = {}
  const given = new Set<string>()
  const limit = (
    name: string,
    key: keyof CircuitRelayLimits,
    read: (text: string) => number | undefined,
    requirement: string,
  ): [string, FlagReader] => [
    name,
    {
      kind: 'value',
      set(text) {
        const value = read(text)
        if (value === undefined) return requirement
        limits[key] = value
        given.add(name)
        return undefined
      },
    },
  ]
  const integer =
    (least: number, most: number) =>
    (text: string): number | undefined => {
      const number = parseInteger(text)
      return number === undefined || number < least || number > most ? undefined : number
    }
  const requirement = `it must be a number from 1 to ${MAX_CIRCUITS_OR_RESERVATIONS}`
  return {
    limits,
    given,
    readers: [
      limit(
        'relaydata',
        'circuitBytes',
        integer(0, Number.MAX_SAFE_INTEGER),
        'it must be a number of bytes, or 0 for no limit',
      ),
      limit(
        'relayduration',
        'circuitMs',
        circuitMs,
        `it must be a duration such as 90m or 24h, from 1s to ${MAX_CIRCUIT_HOURS}h, or 0 for no limit`,
      ),
      limit('relaycircuits', 'circuits', integer(1, MAX_CIRCUITS_OR_RESERVATIONS), requirement),
      limit('relayreservations', 'reservations', integer(1, MAX_CIRCUITS_OR_RESERVATIONS), requirement),
      limit(
        'relayperaddress',
        'reservationsPerAddress',
        integer(0, MAX_CIRCUITS_OR_RESERVATIONS),
        `it must be a number from 1 to ${MAX_CIRCUITS_OR_RESERVATIONS}, or 0 for no limit`,
      ),
    ],
  }
}

/** Parses a duration into whole milliseconds, as timers need them. */
function circuitMs(text: string): number | undefined {
  const ms = parseDuration(text)
  if (ms === undefined) return undefined
  if (ms !== 0 && (ms < 1_000 || ms > MAX_CIRCUIT_HOURS * 3_600_000)) return undefined
  return Math.round(ms)
}
