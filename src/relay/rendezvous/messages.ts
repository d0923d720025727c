import type { Reader, Writer } from 'protons-runtime'
import { reader, writer } from 'protons-runtime'
import { PAGE_SIZE } from './limits.ts'

/** The answers of a rendezvous point, by their number on the wire. */
export const STATUS = {
  OK: 0,
  E_INVALID_NAMESPACE: 100,
  E_INVALID_SIGNED_PEER_RECORD: 101,
  E_INVALID_TTL: 102,
  E_INVALID_COOKIE: 103,
  E_NOT_AUTHORIZED: 200,
  E_INTERNAL_ERROR: 300,
  E_UNAVAILABLE: 400,
} as const

export type Status = keyof typeof STATUS

/** A peer's registration under a namespace. */
export interface Registration {
  namespace: string
  /** An envelope with a peer record. */
  signedPeerRecord: Uint8Array
  /** Absent: the point decides. */
  ttlSeconds?: number
}

/** What a peer asks of a rendezvous point. Unregister has no answer. */
export type RendezvousRequest =
  | ({ type: 'register' } & Registration)
  | { type: 'unregister'; namespace: string }
  /** Without a namespace, it asks for the registrations of all. */
  | { type: 'discover'; namespace?: string; limit?: number; cookie?: Uint8Array }

/** What a rendezvous point answers. */
export type RendezvousAnswer =
  | { type: 'registerResponse'; status: Status; statusText?: string; ttlSeconds?: number }
  | {
      type: 'discoverResponse'
      status: Status
      statusText?: string
      registrations: Registration[]
      cookie?: Uint8Array
    }

/** A message of libp2p's rendezvous specification. */
export type RendezvousMessage = RendezvousRequest | RendezvousAnswer

/** The values of MessageType, which are also in the order of the fields from 2 on. */
const TYPES = ['register', 'registerResponse', 'unregister', 'discover', 'discoverResponse'] as const
const FIRST_BODY = 2

/** Protobuf's wire types. */
const VARINT = 0
const BYTES = 2
const GROUP = 3

const tagOf = (field: number, wireType: number): number => (field << 3) | wireType

/** Encodes a message, without the length before it. Every field that is present is written, even if 0. */
export function encodeRendezvous(message: RendezvousMessage): Uint8Array<ArrayBuffer> {
  const w = writer()
  const type = TYPES.indexOf(message.type)
  writeVarint(w, 1, type)
  writeMessage(w, FIRST_BODY + type, () => writeBody(w, message))
  return w.finish()
}

/** Decodes a message. Throws an Error if it is malformed, or has no body of its type. */
export function decodeRendezvous(bytes: Uint8Array): RendezvousMessage {
  const fields = new Fields(bytes)
  const number = fields.number(1) ?? -1
  const type = TYPES[number]
  const body = fields.bytes(FIRST_BODY + number)
  if (type === undefined || body === undefined)
    throw new Error(`a message of type ${number} without its body`)
  return readBody(type, new Fields(body))
}

function writeBody(w: Writer, message: RendezvousMessage): void {
  switch (message.type) {
    case 'register':
      return writeRegistration(w, message)
    case 'registerResponse':
      writeVarint(w, 1, STATUS[message.status])
      writeText(w, 2, message.statusText)
      writeVarint(w, 3, message.ttlSeconds)
      return
    case 'unregister':
      return writeText(w, 1, message.namespace)
    case 'discover':
      writeText(w, 1, message.namespace)
      writeVarint(w, 2, message.limit)
      writeBytes(w, 3, message.cookie)
      return
    case 'discoverResponse':
      for (const one of message.registrations) writeMessage(w, 1, () => writeRegistration(w, one))
      writeBytes(w, 2, message.cookie)
      writeVarint(w, 3, STATUS[message.status])
      writeText(w, 4, message.statusText)
      return
    default:
      message satisfies never
  }
}

function writeRegistration(w: Writer, { namespace, signedPeerRecord, ttlSeconds }: Registration): void {
  writeText(w, 1, namespace)
  writeBytes(w, 2, signedPeerRecord)
  writeVarint(w, 3, ttlSeconds)
}

function writeVarint(w: Writer, field: number, value: number | undefined): void {
  if (value !== undefined) w.uint32(tagOf(field, VARINT)).uint64Number(value)
}

function writeText(w: Writer, field: number, value: string | undefined): void {
  if (value !== undefined) w.uint32(tagOf(field, BYTES)).string(value)
}

function writeBytes(w: Writer, field: number, value: Uint8Array | undefined): void {
  if (value !== undefined) w.uint32(tagOf(field, BYTES)).bytes(value)
}

function writeMessage(w: Writer, field: number, write: () => void): void {
  w.uint32(tagOf(field, BYTES)).fork()
  write()
  w.ldelim()
}

function readBody(type: (typeof TYPES)[number], body: Fields): RendezvousMessage {
  switch (type) {
    case 'register':
      return { type, ...readRegistration(body) }
    case 'unregister':
      return { type, namespace: body.text(1) ?? '' }
    case 'discover':
      return {
        type,
        ...optional('namespace', body.text(1)),
        ...optional('limit', body.number(2)),
        ...optional('cookie', body.bytes(3)),
      }
    case 'registerResponse':
      return {
        type,
        status: statusOf(body.number(1)),
        ...optional('statusText', body.text(2)),
        ...optional('ttlSeconds', body.number(3)),
      }
    case 'discoverResponse':
      return {
        type,
        status: statusOf(body.number(3)),
        ...optional('statusText', body.text(4)),
        registrations: body.list(1).map((one) => readRegistration(new Fields(one))),
        ...optional('cookie', body.bytes(2)),
      }
    default:
      return type satisfies never
  }
}

function readRegistration(fields: Fields): Registration {
  return {
    namespace: fields.text(1) ?? '',
    signedPeerRecord: fields.bytes(2) ?? new Uint8Array(0),
    ...optional('ttlSeconds', fields.number(3)),
  }
}

/** A status that the specification doesn't have counts as the point's own failure. */
function statusOf(value: number | undefined): Status {
  const [status] = Object.entries(STATUS).find(([, number]) => number === value) ?? []
  return (status as Status | undefined) ?? 'E_INTERNAL_ERROR'
}

function optional<K extends string, V>(name: K, value: V | undefined): { [name in K]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { [name in K]: V })
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The fields of one protobuf message by number. As protobuf demands, the last of several values counts. */
class Fields {
  readonly #numbers = new Map<number, number>()
  readonly #bytes = new Map<number, Uint8Array[]>()

  /** Throws an Error if the bytes are no protobuf message. */
  constructor(bytes: Uint8Array) {
    const r = reader(bytes)
    while (r.pos < r.len) {
      const tag = r.uint32()
      if ((tag & 7) === VARINT) this.#numbers.set(tag >>> 3, safeNumber(r))
      else if ((tag & 7) === BYTES) this.#add(tag >>> 3, r.bytes())
      else if ((tag & 7) === GROUP) throw new Error('a group, which proto2 calls deprecated')
      else r.skipType(tag & 7)
    }
  }

  number(field: number): number | undefined {
    return this.#numbers.get(field)
  }

  bytes(field: number): Uint8Array | undefined {
    return this.#bytes.get(field)?.at(-1)
  }

  /** Throws a TypeError if the field is not UTF-8. */
  text(field: number): string | undefined {
    const bytes = this.bytes(field)
    return bytes === undefined ? undefined : utf8.decode(bytes)
  }

  /** The first {@link PAGE_SIZE} values of a repeated field. */
  list(field: number): readonly Uint8Array[] {
    return this.#bytes.get(field) ?? []
  }

  #add(field: number, value: Uint8Array): void {
    const values = this.#bytes.get(field)
    if (values === undefined) this.#bytes.set(field, [value])
    else if (values.length < PAGE_SIZE) values.push(value)
    else values[values.length - 1] = value
  }
}

/** Reads a u64, and takes the largest safe integer for a larger one. */
function safeNumber(r: Reader): number {
  const value = r.uint64()
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(value)
}
