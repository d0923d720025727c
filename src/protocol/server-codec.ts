import type { IdentifyMessage, LinkChangedMessage, PeerFoundMessage, ServerMessage } from './messages.ts'
import { DATA_HEADER_BYTES, LINK_STATES, SERVER_OPCODE } from './messages.ts'
import { ProtocolError } from './protocol-error.ts'
import { Reader, unknownOpcode } from './reader.ts'
import type { Subprotocol } from './subprotocol.ts'
import { FIRST_SUBPROTOCOL_OPCODE } from './subprotocol.ts'
import * as write from './writer.ts'

/**
 * Decodes a server message. The `data` of a Data message is a view of `bytes`.
 *
 * Throws only {@link ProtocolError}, for invalid messages.
 *
 * @param subprotocol what the control socket speaks; default the protocol of 2020
 */
export function decodeServerMessage(bytes: Uint8Array, subprotocol: Subprotocol = ''): ServerMessage {
  const opcode = bytes[0]
  if (opcode !== undefined && opcode >= FIRST_SUBPROTOCOL_OPCODE && subprotocol === '')
    throw unknownOpcode(opcode)
  switch (opcode) {
    case undefined:
      throw new ProtocolError('ERR_EMPTY_MESSAGE', 'empty message')
    case SERVER_OPCODE.hello: {
      const reader = new Reader(bytes, 'Hello')
      const started = reader.boolean('STARTED')
      reader.end()
      return { type: 'hello', started }
    }
    case SERVER_OPCODE.identify:
      return decodeIdentify(new Reader(bytes, 'Identify'))
    case SERVER_OPCODE.listenerConnection: {
      const reader = new Reader(bytes, 'Listener Connection')
      const id = reader.u64('ID')
      const peer = reader.str('PEERID')
      return { type: 'listenerConnection', id, peer, protocol: reader.rest('PROTOCOL') }
    }
    case SERVER_OPCODE.connectionClosed: {
      const reader = new Reader(bytes, 'Connection Closed')
      return { type: 'connectionClosed', id: reader.u64('ID'), reason: reader.rest('REASON') }
    }
    case SERVER_OPCODE.data: {
      const reader = new Reader(bytes, 'Data')
      return { type: 'data', id: reader.u64('ID'), data: reader.restBytes() }
    }
    case SERVER_OPCODE.listenRefused:
      return { type: 'listenRefused', protocol: new Reader(bytes, 'Listen Refused').rest('PROTOCOL') }
    case SERVER_OPCODE.listenerClosed:
      return { type: 'listenerClosed', protocol: new Reader(bytes, 'Listener Closed').rest('PROTOCOL') }
    case SERVER_OPCODE.peerConnection: {
      const reader = new Reader(bytes, 'Peer Connection')
      const id = reader.u64('ID')
      const peer = reader.str('PEERID')
      return { type: 'peerConnection', id, peer, protocol: reader.rest('PROTOCOL') }
    }
    case SERVER_OPCODE.peerConnectionRefused: {
      const reader = new Reader(bytes, 'Peer Connection Refused')
      const peer = reader.str('PEERID')
      const protocol = reader.str('PROTOCOL')
      return { type: 'peerConnectionRefused', peer, protocol, error: reader.rest('ERROR') }
    }
    case SERVER_OPCODE.error:
      return { type: 'error', message: new Reader(bytes, 'Protocol Error').rest('MSG') }
    case SERVER_OPCODE.listening:
      return { type: 'listening', protocol: new Reader(bytes, 'Listening').rest('PROTOCOL') }
    case SERVER_OPCODE.linkChanged:
      return decodeLinkChanged(new Reader(bytes, 'Link Changed'))
    case SERVER_OPCODE.remoteClosedWrite: {
      const reader = new Reader(bytes, 'Remote Closed Write')
      const id = reader.u64('ID')
      reader.end()
      return { type: 'remoteClosedWrite', id }
    }
    case SERVER_OPCODE.peerFound:
      return decodePeerFound(new Reader(bytes, 'Peer Found'))
    default:
      throw unknownOpcode(opcode)
  }
}

/**
 * Encodes a server message into a new buffer.
 *
 * Throws {@link ProtocolError} `ERR_NOT_ENCODABLE` for a field that is too long.
 */
export function encodeServerMessage(message: ServerMessage): Uint8Array<ArrayBuffer> {
  const opcode = SERVER_OPCODE[message.type]
  switch (message.type) {
    case 'hello':
      return write.encodeFields(opcode, write.booleanField(message.started))
    case 'identify':
      return write.encodeFields(
        opcode,
        write.booleanField(message.public),
        write.strField(message.peer, 'PEERID'),
        write.strField(JSON.stringify(message.addresses), 'ADDRESSES'),
        write.restField(message.key),
      )
    case 'connectionClosed':
      return write.encodeFields(opcode, write.u64Field(message.id), write.restField(message.reason))
    case 'data':
      return encodeDataMessage(message.id, [message.data])
    case 'listenerConnection':
    case 'peerConnection':
      return write.encodeFields(
        opcode,
        write.u64Field(message.id),
        write.strField(message.peer, 'PEERID'),
        write.restField(message.protocol),
      )
    case 'peerConnectionRefused':
      return write.encodeFields(
        opcode,
        write.strField(message.peer, 'PEERID'),
        write.strField(message.protocol, 'PROTOCOL'),
        write.restField(message.error),
      )
    case 'error':
      return write.encodeFields(opcode, write.restField(message.message))
    case 'listenRefused':
    case 'listenerClosed':
    case 'listening':
      return write.encodeFields(opcode, write.restField(message.protocol))
    case 'linkChanged':
      return write.encodeFields(
        opcode,
        write.u64Field(message.id),
        write.u8Field(LINK_STATES.indexOf(message.state)),
      )
    case 'remoteClosedWrite':
      return write.encodeFields(opcode, write.u64Field(message.id))
    case 'peerFound':
      return write.encodeFields(
        opcode,
        write.strField(message.namespace, 'NAMESPACE'),
        write.strField(message.peer, 'PEERID'),
        write.restField(JSON.stringify(message.addresses)),
      )
    default:
      return message satisfies never
  }
}

/**
 * Encodes a Data message from chunks into one new buffer. This is the only copy of a stream's bytes on their
 * way to a page.
 */
export function encodeDataMessage(id: bigint, chunks: Iterable<Uint8Array>): Uint8Array<ArrayBuffer> {
  return write.encodeFields(SERVER_OPCODE.data, write.u64Field(id), ...chunks)
}

/**
 * Converts a client's Data message, given by its payload, into a relay's with another ID, in place and
 * without copying.
 *
 * Returns undefined, and changes nothing, if the payload is not exactly what follows a header in a buffer.
 */
export function readdressData(
  id: bigint,
  { buffer, byteOffset, byteLength }: Uint8Array,
): Uint8Array<ArrayBuffer> | undefined {
  if (!(buffer instanceof ArrayBuffer)) return undefined
  if (byteOffset !== DATA_HEADER_BYTES || byteOffset + byteLength !== buffer.byteLength) return undefined
  new DataView(buffer).setUint8(0, SERVER_OPCODE.data)
  new DataView(buffer).setBigUint64(1, id)
  return new Uint8Array(buffer)
}

function decodeLinkChanged(reader: Reader): LinkChangedMessage {
  const id = reader.u64('ID')
  const value = reader.u8('STATE')
  const state = LINK_STATES[value]
  if (state === undefined) throw reader.malformed(`STATE is ${value}, which is no link state`)
  reader.end()
  return { type: 'linkChanged', id, state }
}

function decodePeerFound(reader: Reader): PeerFoundMessage {
  const namespace = reader.str('NAMESPACE')
  const peer = reader.str('PEERID')
  const addresses = parseJson(reader.rest('ADDRESSES'))
  if (!isStringArray(addresses)) throw reader.malformed('ADDRESSES is not a JSON array of strings')
  return { type: 'peerFound', namespace, peer, addresses }
}

function decodeIdentify(reader: Reader): IdentifyMessage {
  const isPublic = reader.boolean('PUBLIC')
  const peer = reader.str('PEERID')
  const json = reader.str('ADDRESSES')
  const addresses = parseJson(json)
  if (!isStringArray(addresses)) throw reader.malformed('ADDRESSES is not a JSON array of strings')
  return { type: 'identify', public: isPublic, peer, addresses, key: reader.rest('KEY') }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isStringArray(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
