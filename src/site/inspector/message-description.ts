import type { MessageRecord } from '../../admin/messages.ts'
import type { ClientMessage, ServerMessage } from '../../protocol/index.ts'
import {
  CLIENT_OPCODE,
  DATA_HEADER_BYTES,
  SERVER_OPCODE,
  decodeClientMessage,
  decodeServerMessage,
} from '../../protocol/index.ts'

/** A recorded message as people read it. */
export interface MessageDescription {
  record: MessageRecord
  /** The bytes of it that were kept. */
  bytes: Uint8Array<ArrayBuffer>
  /** As `docs/protocol.md` calls it. */
  name: string
  /** The connection's number; empty for messages that have none. */
  id: string
  /** Its fields by the names of `docs/protocol.md`, without the payload of Data. */
  fields: [name: string, value: string][]
  /** Where its payload begins in the bytes, for Data. */
  payloadStart: number
  /** Why it could not be read; empty if it could. */
  problem: string
}

/** What `docs/protocol.md` calls the messages. */
export const MESSAGE_NAMES: Readonly<Record<ClientMessage['type'] | ServerMessage['type'], string>> = {
  start: 'Start',
  listen: 'Listen',
  stop: 'Stop',
  close: 'Close',
  reset: 'Reset',
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
}

/** What the fields of messages are called, where that is not their name in capital letters. */
const FIELD_NAMES: Readonly<Record<string, string>> = {
  peer: 'PEERID',
  message: 'MSG',
  data: 'DATA',
}

/** Reads a record. What is no message is shown as the bytes that it is. */
export function describeMessage(record: MessageRecord): MessageDescription {
  const bytes = Uint8Array.from(atob(record.head), (letter) => letter.charCodeAt(0))
  const rest = { record, bytes, payloadStart: 0, problem: '' }
  if (record.text)
    return { ...rest, name: 'Text', id: '', fields: [['TEXT', new TextDecoder().decode(bytes)]] }
  try {
    const message = record.direction === 'in' ? decodeClientMessage(bytes) : decodeServerMessage(bytes)
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
        ? `Only its first ${bytes.byteLength} bytes were kept.`
        : error instanceof Error
          ? error.message
          : String(error)
    return { ...rest, name: nameOf(record.direction, bytes[0]), id: '', fields: [], problem }
  }
}

/** What a filter is compared with: all of its words, in lower case. */
export function searchTextOf({ record, name, id, fields }: MessageDescription): string {
  return [name, id, record.client, ...fields.map(([, value]) => value)].join('\n').toLowerCase()
}

/** The fields in one line. */
export function summaryOf({ fields, problem }: MessageDescription): string {
  if (problem !== '') return problem
  return fields
    .filter(([name, value]) => name !== 'ID' && name !== 'KEY' && value !== '')
    .map(([name, value]) => (value === 'true' || value === 'false' ? `${name} ${value}` : value))
    .join(' · ')
}

/** The messages as JSON for others to read, without private keys. */
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
    if (name === 'key') fields.push([shown, size > atob(head).length ? 'is never recorded' : 'empty'])
    else fields.push([shown, typeof value === 'string' ? value : plain(value)])
  }
  if (message.type === 'data') fields.push(['LENGTH', String(size - DATA_HEADER_BYTES)])
  return fields
}

/** A number, a truth or a list. */
function plain(value: unknown): string {
  return typeof value === 'bigint' ? value.toString() : JSON.stringify(value)
}

function nameOf(direction: 'in' | 'out', opcode: number | undefined): string {
  const opcodes: Readonly<Record<string, number>> = direction === 'in' ? CLIENT_OPCODE : SERVER_OPCODE
  const type = Object.keys(opcodes).find((name) => opcodes[name] === opcode)
  return type === undefined
    ? `Opcode ${opcode ?? 'missing'}`
    : MESSAGE_NAMES[type as ClientMessage['type'] | ServerMessage['type']]
}
