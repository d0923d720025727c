import type { ClientMessage } from '../../protocol/index.ts'
import { encodeClientMessage } from '../../protocol/index.ts'

/** A message being composed: the form's values by field name. */
export interface Draft {
  type: DraftType
  values: Readonly<Record<string, string>>
}

/** What the user can send: a client message, or any bytes. */
export const DRAFT_TYPES = ['listen', 'connect', 'data', 'close', 'stop', 'start', 'bytes'] as const
export type DraftType = (typeof DRAFT_TYPES)[number]

/** The fields of each type, in order. The value of a `flag` is `true` or empty. */
export const DRAFT_FIELDS: Readonly<Record<DraftType, readonly { name: string; kind: 'text' | 'flag' }[]>> = {
  listen: [
    { name: 'PROTOCOL', kind: 'text' },
    { name: 'FRAMES', kind: 'flag' },
  ],
  connect: [
    { name: 'PEERID', kind: 'text' },
    { name: 'PROTOCOL', kind: 'text' },
    { name: 'RELAY', kind: 'text' },
    { name: 'FRAMES', kind: 'flag' },
  ],
  data: [
    { name: 'ID', kind: 'text' },
    { name: 'DATA', kind: 'text' },
  ],
  close: [{ name: 'ID', kind: 'text' }],
  stop: [
    { name: 'PROTOCOL', kind: 'text' },
    { name: 'RETAIN', kind: 'flag' },
  ],
  start: [],
  bytes: [{ name: 'HEX', kind: 'text' }],
}

/** Encodes a draft. Throws an Error for the user if a value is invalid. */
export function encodeDraft({ type, values }: Draft): Uint8Array<ArrayBuffer> {
  const text = (name: string): string => values[name] ?? ''
  const flag = (name: string): boolean => values[name] === 'true'
  switch (type) {
    case 'bytes':
      return parseHex(text('HEX'))
    case 'start':
      return encode({ type, key: '' })
    case 'listen':
      return encode({ type, frames: flag('FRAMES'), protocol: text('PROTOCOL') })
    case 'stop':
      return encode({ type, retain: flag('RETAIN'), protocol: text('PROTOCOL') })
    case 'close':
      return encode({ type, id: parseId(text('ID')) })
    case 'data':
      return encode({ type, id: parseId(text('ID')), data: new TextEncoder().encode(text('DATA')) })
    case 'connect': {
      const [protocol, peer, relay] = [text('PROTOCOL'), text('PEERID'), text('RELAY')]
      return encode({ type, frames: flag('FRAMES'), relay, protocol, peer })
    }
    default:
      return type satisfies never
  }
}

const encode = (message: ClientMessage): Uint8Array<ArrayBuffer> => encodeClientMessage(message)

function parseId(text: string): bigint {
  if (!/^\d{1,20}$/u.test(text.trim())) throw new Error('ID must be the number of a connection, such as 0')
  return BigInt(text.trim())
}

function parseHex(text: string): Uint8Array<ArrayBuffer> {
  const digits = text.replaceAll(/\s|0x/gu, '')
  if (!/^([\da-f]{2})*$/iu.test(digits))
    throw new Error('HEX must be pairs of hexadecimal digits, such as 01 ff')
  return Uint8Array.from({ length: digits.length / 2 }, (_, index) =>
    Number.parseInt(digits.slice(2 * index, 2 * index + 2), 16),
  )
}
