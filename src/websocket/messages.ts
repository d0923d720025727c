/**
 * What travels on the MessagePort between the page's socket and the other end, and nothing else.
 *
 * Every buffer is transferred, never shared; text travels as UTF-8, so that both ends count the same bytes. What a port
 * brings is `unknown` until one of the two guards has read it: anything malformed gives undefined and is ignored.
 */

/** Bytes that each end lets the other send ahead of what it has handled, unless it is told otherwise. */
export const DEFAULT_WINDOW_BYTES = 1_048_576

/**
 * Bytes that every message costs of the window beside its own: what it takes in a queue, so that a flood of empty
 * messages is bounded as well (4096 of them at the default window).
 */
export const MESSAGE_OVERHEAD_BYTES = 256

/** What a message of `byteLength` bytes takes of the window. */
export function costOf(byteLength: number, messages = 1): number {
  return byteLength + messages * MESSAGE_OVERHEAD_BYTES
}

/** Gives credit back: so many messages of so many bytes altogether have been handled. */
export interface Credit {
  bytes: number
  messages: number
}

/**
 * One message of the application. A message is sent while any credit is left, so it may overshoot the window once. The
 * credit that rides on it is of what was handled before, and counts before the message does.
 */
export type DataMessage = { type: 'text' | 'binary'; data: ArrayBuffer; credit?: Credit }

/** Credit that no message was there to carry. */
export type CreditMessage = { type: 'credit' } & Credit

/** The sender's Close frame: begins the closing handshake or answers it. No code is the empty frame, told as 1005. */
export type CloseMessage = { type: 'close'; code?: number; reason: string }

/** From the page to the other end. */
export type UpMessage =
  /** First, and once: what the page asked for, and the window that it grants for the way down. */
  | { type: 'open'; url: string; protocols: string[]; windowBytes: number }
  | DataMessage
  | CreditMessage
  | CloseMessage
  /** The page gave the socket up without a handshake; nothing follows. */
  | { type: 'abandon' }

/** From the other end to the page. */
export type DownMessage =
  /** The handshake succeeded: the chosen subprotocol or `''`, and the window granted for the way up. */
  | { type: 'accept'; protocol: string; windowBytes: number }
  /** The handshake failed; nothing follows. */
  | { type: 'refuse' }
  | DataMessage
  | CreditMessage
  | CloseMessage
  /** The connection is lost, without a handshake; nothing follows. */
  | { type: 'drop' }

// A page may replace its globals after this module has loaded.
const { ArrayBuffer: NativeArrayBuffer, Array: NativeArray, Number: NativeNumber } = globalThis
const { isArray } = NativeArray
const { isSafeInteger } = NativeNumber

type Fields = Record<string, unknown>

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null
}

function isCount(value: unknown, least: number): value is number {
  return isSafeInteger(value) && (value as number) >= least
}

function isStrings(value: unknown): value is string[] {
  if (!isArray(value)) return false
  for (let index = 0; index < value.length; index++) if (typeof value[index] !== 'string') return false
  return true
}

function isCloseCode(value: unknown): value is number | undefined {
  return value === undefined || (isCount(value, 1000) && value <= 4999)
}

function readCredit({ bytes, messages }: Fields): Credit | undefined {
  return isCount(bytes, 0) && isCount(messages, 1) ? { bytes, messages } : undefined
}

function readData(type: DataMessage['type'], { data, credit }: Fields): DataMessage | undefined {
  if (!(data instanceof NativeArrayBuffer)) return undefined
  if (credit === undefined) return { type, data }
  const read = isFields(credit) ? readCredit(credit) : undefined
  return read === undefined ? undefined : { type, data, credit: read }
}

/** The messages that both directions have; `null` for another type, undefined for a malformed one of these types. */
function readEither(message: Fields): DataMessage | CreditMessage | CloseMessage | undefined | null {
  const { type, code, reason } = message
  switch (type) {
    case 'text':
    case 'binary':
      return readData(type, message)
    case 'credit': {
      const credit = readCredit(message)
      return credit === undefined ? undefined : { type, ...credit }
    }
    case 'close':
      if (!isCloseCode(code) || typeof reason !== 'string') return undefined
      return code === undefined ? { type, reason } : { type, code, reason }
    default:
      return null
  }
}

/** Reads what came from the page; undefined if it is malformed. Never throws. */
export function readUpMessage(message: unknown): UpMessage | undefined {
  if (!isFields(message)) return undefined
  const either = readEither(message)
  if (either !== null) return either
  const { type, url, protocols, windowBytes } = message
  switch (type) {
    case 'open':
      return typeof url === 'string' && isStrings(protocols) && isCount(windowBytes, 1)
        ? { type, url, protocols, windowBytes }
        : undefined
    case 'abandon':
      return { type }
    default:
      return undefined
  }
}

/** Reads what came from the other end; undefined if it is malformed. Never throws. */
export function readDownMessage(message: unknown): DownMessage | undefined {
  if (!isFields(message)) return undefined
  const either = readEither(message)
  if (either !== null) return either
  const { type, protocol, windowBytes } = message
  switch (type) {
    case 'accept':
      return typeof protocol === 'string' && isCount(windowBytes, 1)
        ? { type, protocol, windowBytes }
        : undefined
    case 'refuse':
    case 'drop':
      return { type }
    default:
      return undefined
  }
}
