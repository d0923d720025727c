/**
 * The messages on the MessagePort between the page's socket and the server's end.
 *
 * Every buffer is transferred, never shared. Text travels as UTF-8, so that both ends count the same bytes.
 * What arrives is `unknown` until one of the two `read…` functions at the end of this file has checked it;
 * malformed messages are ignored.
 */

/** Bytes that each end lets the other send ahead of what it has handled. */
export const DEFAULT_WINDOW_BYTES = 1_048_576

/**
 * Bytes of the window that each message uses besides its own: an estimate of its cost in a queue. It bounds a
 * flood of empty messages too, to 4096 at the default window.
 */
export const MESSAGE_OVERHEAD_BYTES = 256

/** Bytes of the window that messages of `byteLength` bytes in total use. */
export function costOf(byteLength: number, messages = 1): number {
  return byteLength + messages * MESSAGE_OVERHEAD_BYTES
}

/** Credit that is returned: this many messages, with this many bytes in total, have been handled. */
export interface Credit {
  bytes: number
  messages: number
}

/**
 * One message of the application. It is sent while any credit is left, so it may exceed the window once. The
 * credit that it carries is for messages that were handled before, and counts before this message does.
 */
export type DataMessage = { type: 'text' | 'binary'; data: ArrayBuffer; credit?: Credit }

/** Credit that no data message carried. */
export type CreditMessage = { type: 'credit' } & Credit

/**
 * The sender's Close frame, which starts the closing handshake or answers it. Without a code it is the empty
 * frame, reported as 1005.
 */
export type CloseMessage = { type: 'close'; code?: number; reason: string }

/** From the page to the server's end. */
export type UpMessage =
  /** The first message: the page's request, and the window that it grants to the server's end. */
  | { type: 'open'; url: string; protocols: string[]; windowBytes: number }
  | DataMessage
  | CreditMessage
  | CloseMessage
  /** The page gave up the socket without a handshake. The last message. */
  | { type: 'abandon' }

/** From the server's end to the page. */
export type DownMessage =
  /** The handshake succeeded: the chosen subprotocol or `''`, and the window granted to the page. */
  | { type: 'accept'; protocol: string; windowBytes: number }
  /** The handshake failed. The last message. */
  | { type: 'refuse' }
  | DataMessage
  | CreditMessage
  | CloseMessage
  /** The connection is lost, without a handshake. The last message. */
  | { type: 'drop' }

// Captured because a page may replace its globals after this module has loaded.
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

/** Reads a message that both directions have; `null` for another type, undefined for a malformed message. */
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

/** Reads a message of the page; undefined if it is malformed. Never throws. */
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

/** Reads a message of the server's end; undefined if it is malformed. Never throws. */
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
