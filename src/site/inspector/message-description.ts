import type { MessageRecord } from '../../admin/messages.ts'
import type { ClientMessage, ServerMessage } from '../../protocol/index.ts'
import {
  CLIENT_OPCODE,
  DATA_HEADER_BYTES,
  SERVER_OPCODE,
  SUBPROTOCOL,
  decodeClientMessage,
  decodeServerMessage,
} from '../../protocol/index.ts'

/** A recorded message in a readable form. */
export interface MessageDescription {
  record: MessageRecord
  /** The recorded bytes, which may be only the beginning of the message. */
  bytes: Uint8Array<ArrayBuffer>
  /** The message's name in `docs/protocol.md`. */
  name: string
  /** The connection ID, or empty if the message has none. */
  id: string
  /** The fields by their names in `docs/protocol.md`, without the payload of Data. */
  fields: [name: string, value: string][]
  /** Offset of the payload of a Data message; 0 for other messages. */
  payloadStart: number
  /** Why the message could not be decoded, or empty. */
  problem: string
}

/** The names of the messages in `docs/protocol.md`. */
export const MESSAGE_NAMES: Readonly<Record<ClientMessage['type'] | ServerMessage['type'], string>> = {
  start: 'Start',
  listen: 'Listen',
  stop: 'Stop',
  close: 'Close',
  reset: 'Reset',
  pause: 'Pause',
  resume: 'Resume',
  closeWrite: 'Close Write',
  findPeers: 'Find Peers',
  stopFinding: 'Stop Finding',
  data: 'Data',
  connect: 'Connect',
  hello: 'Hello',
  identify: 'Identify',
  listenerConnection: 'Listener Connection',
  connectionClosed: 'Connection Closed',
  listenRefused: 'Listen Refused',
  listenerClosed: 'Listener Closed',
  peerConnection: 'Peer Connection',
  peerConnectionRefused: 'Peer Connection Refused',
  error: 'Protocol Error',
  listening: 'Listening',
  linkChanged: 'Link Changed',
  remoteClosedWrite: 'Remote Closed Write',
  peerFound: 'Peer Found',
}

/** Field names in `docs/protocol.md`, where they aren't the property's name in capitals. */
const FIELD_NAMES: Readonly<Record<string, string>> = {
  peer: 'PEERID',
  message: 'MSG',
  data: 'DATA',
}

/** Decodes a record. If that fails, the description has a `problem` and only the bytes. */
export function describeMessage(record: MessageRecord): MessageDescription {
  const bytes = Uint8Array.from(atob(record.head), (letter) => letter.charCodeAt(0))
  const rest = { record, bytes, payloadStart: 0, problem: '' }
  if (record.text)
    return { ...rest, name: 'Text', id: '', fields: [['TEXT', new TextDecoder().decode(bytes)]] }
  try {
    // Every message of 2020 means the same in the subprotocol.
    const decode = record.direction === 'in' ? decodeClientMessage : decodeServerMessage
    const message = decode(bytes, SUBPROTOCOL)
    return {
      ...rest,
      name: MESSAGE_NAMES[message.type],
      id: 'id' in message ? String(message.id) : '',
      fields: fieldsOf(message, record),
      payloadStart: message.type === 'data' ? DATA_HEADER_BYTES : 0,
    }
  } catch (error) {
    const problem =
      bytes.byteLength < record.size
        ? `Only the first ${bytes.byteLength} bytes were recorded.`
        : error instanceof Error
          ? error.message
          : String(error)
    return { ...rest, name: nameOf(record.direction, bytes[0]), id: '', fields: [], problem }
  }
}

/** Returns the text in which a filter searches, in lower case. */
export function searchTextOf({ record, name, id, fields }: MessageDescription): string {
  return [name, id, record.client, ...fields.map(([, value]) => value)].join('\n').toLowerCase()
}

/** Returns the fields in one line. */
export function summaryOf({ fields }: MessageDescription): string {
  return fields
    .filter(([name, value]) => name !== 'ID' && name !== 'KEY' && value !== '')
    .map(([name, value]) => (value === 'true' || value === 'false' ? `${name} ${value}` : value))
    .join(' · ')
}

/** Returns the messages as JSON for sharing. They contain no private keys, which are never recorded. */
export function toJson(descriptions: readonly MessageDescription[]): string {
  const list = descriptions.map(({ record, bytes, name, fields }) => ({
    time: new Date(record.time).toISOString(),
    client: record.client,
    direction: record.direction === 'in' ? 'to the peer' : 'from the peer',
    name,
    size: record.size,
    fields: Object.fromEntries(fields),
    hex: hexOf(bytes),
  }))
  return JSON.stringify(list, undefined, 2)
}

export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function fieldsOf(message: ClientMessage | ServerMessage, { size, head }: MessageRecord): [string, string][] {
  const fields: [string, string][] = []
  for (const [name, value] of Object.entries(message) as [string, unknown][]) {
    if (name === 'type' || name === 'data') continue
    const shown = FIELD_NAMES[name] ?? name.toUpperCase()
    if (name === 'key') fields.push([shown, size > atob(head).length ? 'never recorded' : 'empty'])
    else fields.push([shown, typeof value === 'string' ? value : formatValue(value)])
  }
  if (message.type === 'data') fields.push(['LENGTH', String(size - DATA_HEADER_BYTES)])
  return fields
}

/** Formats a number, boolean or list. */
function formatValue(value: unknown): string {
  return typeof value === 'bigint' ? value.toString() : JSON.stringify(value)
}

function nameOf(direction: 'in' | 'out', opcode: number | undefined): string {
  const opcodes: Readonly<Record<string, number>> = direction === 'in' ? CLIENT_OPCODE : SERVER_OPCODE
  const type = Object.keys(opcodes).find((name) => opcodes[name] === opcode)
  return type === undefined
    ? `Opcode ${opcode ?? 'missing'}`
    : MESSAGE_NAMES[type as ClientMessage['type'] | ServerMessage['type']]
}
