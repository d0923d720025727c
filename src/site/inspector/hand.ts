import type { ClientMessage } from '../../protocol/index.ts'
import { encodeClientMessage } from '../../protocol/index.ts'

/** A message as it is typed: what stands in the fields of the form, by their names. */
export interface Draft {
  type: DraftType
  values: Readonly<Record<string, string>>
}

/** What can be sent by hand: each message of the client, and any bytes. */
export const DRAFT_TYPES = ['listen', 'connect', 'data', 'close', 'stop', 'start', 'bytes'] as const
export type DraftType = (typeof DRAFT_TYPES)[number]

/** The fields of a draft, in their order. A `yes` one is `true` or empty. */
export const DRAFT_FIELDS: Readonly<Record<DraftType, readonly { name: string; kind: 'text' | 'yes' }[]>> = {
  listen: [
    { name: 'PROTOCOL', kind: 'text' },
    { name: 'FRAMES', kind: 'yes' },
  ],
  connect: [
    { name: 'PEERID', kind: 'text' },
    { name: 'PROTOCOL', kind: 'text' },
    { name: 'RELAY', kind: 'text' },
    { name: 'FRAMES', kind: 'yes' },
  ],
  data: [
    { name: 'ID', kind: 'text' },
    { name: 'DATA', kind: 'text' },
  ],
  close: [{ name: 'ID', kind: 'text' }],
  stop: [
    { name: 'PROTOCOL', kind: 'text' },
    { name: 'RETAIN', kind: 'yes' },
  ],
  start: [],
  bytes: [{ name: 'HEX', kind: 'text' }],
}

/** The bytes of a draft. Throws an Error in words for the one who typed it. */
export function bytesOfDraft({ type, values }: Draft): Uint8Array<ArrayBuffer> {
  const text = (name: string): string => values[name] ?? ''
  const yes = (name: string): boolean => values[name] === 'true'
  switch (type) {
    case 'bytes':
      return bytesOfHex(text('HEX'))
    case 'start':
      return encode({ type, key: '' })
    case 'listen':
      return encode({ type, frames: yes('FRAMES'), protocol: text('PROTOCOL') })
    case 'stop':
      return encode({ type, retain: yes('RETAIN'), protocol: text('PROTOCOL') })
    case 'close':
      return encode({ type, id: readId(text('ID')) })
    case 'data':
      return encode({ type, id: readId(text('ID')), data: new TextEncoder().encode(text('DATA')) })
    case 'connect': {
      const [protocol, peer, relay] = [text('PROTOCOL'), text('PEERID'), text('RELAY')]
      return encode({ type, frames: yes('FRAMES'), relay, protocol, peer })
    }
    default:
      return type satisfies never
  }
}

const encode = (message: ClientMessage): Uint8Array<ArrayBuffer> => encodeClientMessage(message)

function readId(text: string): bigint {
  if (!/^\d{1,20}$/u.test(text.trim())) throw new Error('ID is the number of a connection, such as 0')
  return BigInt(text.trim())
}

function bytesOfHex(text: string): Uint8Array<ArrayBuffer> {
  const digits = text.replaceAll(/\s|0x/gu, '')
  if (!/^([\da-f]{2})*$/iu.test(digits)) throw new Error('HEX is pairs of the digits 0 to 9 and a to f')
  return Uint8Array.from({ length: digits.length / 2 }, (_, index) =>
    Number.parseInt(digits.slice(2 * index, 2 * index + 2), 16),
  )
}

/** A control socket of the page's own, for messages that are typed. What comes back on it is for the inspector to show. */
export class HandSocket {
  readonly #url: string
  #socket: WebSocket | undefined

  constructor(url: string) {
    this.#url = url
  }

  get isOpen(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN
  }

  /** Sends, over a new socket if there is none. Rejects if no peer answers. */
  async send(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    let socket = this.#socket
    if (socket === undefined || socket.readyState > WebSocket.OPEN) {
      socket = new WebSocket(this.#url)
      this.#socket = socket
    }
    const opening = socket
    if (opening.readyState === WebSocket.CONNECTING) {
      await new Promise<void>((resolve, reject) => {
        opening.addEventListener('open', () => resolve(), { once: true })
        opening.addEventListener('close', () => reject(new Error('no peer answered')), { once: true })
      })
    }
    opening.send(bytes)
  }

  /** Ends the socket, and with it what it listens on and its connections. */
  close(): void {
    this.#socket?.close()
    this.#socket = undefined
  }
}
