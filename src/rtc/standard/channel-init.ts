import type { ChannelInit } from '../messages/messages.ts'
import { utf8Length } from '../messages/part-cost.ts'
import { dictionary, integer, usvString } from './webidl.ts'

/** The highest stream identifier: 65535 is reserved (RFC 8832, section 6). */
export const MAX_CHANNEL_ID = 65_534

function shortOrNull(value: unknown, name: string): number | null {
  return value === undefined ? null : integer(value, 65_535, name)
}

/** Converts a boolean member; undefined becomes `fallback`. */
function flag(value: unknown, fallback: boolean): boolean {
  return value === undefined ? fallback : Boolean(value)
}

/** Checks the arguments of `createDataChannel` as the standard says. Throws TypeError. */
export function checkChannelInit(label: string, value: unknown): ChannelInit {
  const given = dictionary(value, 'RTCDataChannelInit')
  const init: ChannelInit = {
    ordered: flag(given['ordered'], true),
    maxPacketLifeTime: shortOrNull(given['maxPacketLifeTime'], 'maxPacketLifeTime'),
    maxRetransmits: shortOrNull(given['maxRetransmits'], 'maxRetransmits'),
    protocol: given['protocol'] === undefined ? '' : usvString(given['protocol']),
    negotiated: flag(given['negotiated'], false),
    id: shortOrNull(given['id'], 'id'),
  }
  if (utf8Length(label) > 65_535) throw new TypeError('RTCDataChannel label too long')
  if (utf8Length(init.protocol) > 65_535) throw new TypeError('RTCDataChannel protocol too long')
  if (init.maxPacketLifeTime !== null && init.maxRetransmits !== null) {
    throw new TypeError('RTCDataChannel cannot have both max retransmits and max lifetime')
  }
  // Without `negotiated` the browser chooses the ID.
  if (!init.negotiated) return { ...init, id: null }
  if (init.id === null) throw new TypeError('RTCDataChannel must have id set if negotiated is true')
  if (init.id > MAX_CHANNEL_ID) throw new TypeError(`RTCDataChannel cannot have id > ${MAX_CHANNEL_ID}`)
  return init
}
