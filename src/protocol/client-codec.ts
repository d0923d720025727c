import type { ClientMessage, ClientMessageForm, ConnectMessage, ConnectionFlags } from './messages.ts'
import { CLIENT_OPCODE, CONNECTION_FLAG } from './messages.ts'
import { invalidNamespace } from './namespace.ts'
import { ProtocolError, quote } from './protocol-error.ts'
import { Reader, unknownOpcode } from './reader.ts'
import type { Subprotocol } from './subprotocol.ts'
import { FIRST_SUBPROTOCOL_OPCODE } from './subprotocol.ts'
import * as write from './writer.ts'

/** The `relay` that means any circuit relay. The client's form encodes only this or none, in one byte. */
const ANY_RELAY = '*'

/**
 * Decodes a client message in either form. `docs/protocol.md` says how the forms are told apart.
 *
 * The `data` of a Data message is a view of `bytes`. Throws only {@link ProtocolError}, for invalid messages.
 *
 * @param subprotocol what the control socket speaks; default the protocol of 2020
 */
export function decodeClientMessage(bytes: Uint8Array, subprotocol: Subprotocol = ''): ClientMessage {
  const opcode = bytes[0]
  if (opcode !== undefined && opcode >= FIRST_SUBPROTOCOL_OPCODE && subprotocol === '')
    throw unknownOpcode(opcode)
  switch (opcode) {
    case undefined:
      throw new ProtocolError('ERR_EMPTY_MESSAGE', 'empty message')
    case CLIENT_OPCODE.start:
      return { type: 'start', key: decodeStartKey(bytes) }
    case CLIENT_OPCODE.listen: {
      const reader = new Reader(bytes, 'Listen')
      const flags = decodeFlags(reader, subprotocol)
      return { type: 'listen', ...flags, protocol: reader.nonEmptyRest('PROTOCOL') }
    }
    case CLIENT_OPCODE.stop: {
      const reader = new Reader(bytes, 'Stop')
      const hasRetain = bytes[1] === 0 || bytes[1] === 1
      const retain = hasRetain ? reader.boolean('RETAIN') : false
      return { type: 'stop', retain, protocol: reader.nonEmptyRest('PROTOCOL') }
    }
    case CLIENT_OPCODE.close:
      return { type: 'close', id: decodeId(bytes, 'Close') }
    case CLIENT_OPCODE.reset:
      return { type: 'reset', id: decodeId(bytes, 'Reset') }
    case CLIENT_OPCODE.pause:
      return { type: 'pause', id: decodeId(bytes, 'Pause') }
    case CLIENT_OPCODE.resume:
      return { type: 'resume', id: decodeId(bytes, 'Resume') }
    case CLIENT_OPCODE.closeWrite:
      return { type: 'closeWrite', id: decodeId(bytes, 'Close Write') }
    case CLIENT_OPCODE.findPeers:
      return { type: 'findPeers', namespace: decodeNamespace(bytes, 'Find Peers') }
    case CLIENT_OPCODE.stopFinding:
      return { type: 'stopFinding', namespace: decodeNamespace(bytes, 'Stop Finding') }
    case CLIENT_OPCODE.data: {
      const reader = new Reader(bytes, 'Data')
      return { type: 'data', id: reader.u64('ID'), data: reader.restBytes() }
    }
    case CLIENT_OPCODE.connect:
      return decodeConnect(bytes, subprotocol)
    default:
      throw unknownOpcode(opcode)
  }
}

/**
 * Encodes a client's Data message into `target` and returns it. Its length must be `DATA_HEADER_BYTES` plus
 * the payload's.
 *
 * Throws {@link ProtocolError} `ERR_NOT_ENCODABLE` for an ID outside of 0 to 2^64 - 1.
 */
export function writeClientData(
  target: Uint8Array<ArrayBuffer>,
  id: bigint,
  payload: Uint8Array,
): Uint8Array<ArrayBuffer> {
  return write.writeFields(target, CLIENT_OPCODE.data, write.u64Field(id), payload)
}

/**
 * Encodes a client message into a new buffer.
 *
 * Throws {@link ProtocolError} `ERR_NOT_ENCODABLE` for a field that is too long or that the form doesn't
 * have.
 *
 * @param form default `client`, which the 2020 relay understands, except for a Connect through a specific
 * circuit relay, which only `documented` can encode
 */
export function encodeClientMessage(
  message: ClientMessage,
  form: ClientMessageForm = defaultForm(message),
): Uint8Array<ArrayBuffer> {
  switch (message.type) {
    case 'start': {
      const key = form === 'client' ? write.restField(message.key) : write.strField(message.key, 'KEY')
      return write.encodeFields(CLIENT_OPCODE.start, key)
    }
    case 'listen':
      return write.encodeFields(
        CLIENT_OPCODE.listen,
        flagsField(message),
        write.nonEmptyRestField(message.protocol, 'PROTOCOL'),
      )
    case 'stop': {
      const protocol = write.nonEmptyRestField(message.protocol, 'PROTOCOL')
      if (form === 'client') {
        return write.encodeFields(CLIENT_OPCODE.stop, write.booleanField(message.retain), protocol)
      }
      if (message.retain) {
        throw new ProtocolError('ERR_NOT_ENCODABLE', 'the documented form of Stop has no RETAIN')
      }
      return write.encodeFields(CLIENT_OPCODE.stop, protocol)
    }
    case 'close':
    case 'reset':
    case 'pause':
    case 'resume':
    case 'closeWrite':
      return write.encodeFields(CLIENT_OPCODE[message.type], write.u64Field(message.id))
    case 'findPeers':
    case 'stopFinding':
      return write.encodeFields(
        CLIENT_OPCODE[message.type],
        write.nonEmptyRestField(message.namespace, 'NAMESPACE'),
      )
    case 'data':
      return write.encodeFields(CLIENT_OPCODE.data, write.u64Field(message.id), message.data)
    case 'connect':
      return encodeConnect(message, form)
    default:
      return message satisfies never
  }
}

/** Decodes FRAMES: a boolean in the protocol of 2020, and flags in the subprotocol. */
function decodeFlags(reader: Reader, subprotocol: Subprotocol): ConnectionFlags {
  if (subprotocol === '') return { frames: reader.boolean('FRAMES') }
  const flags = reader.u8('FRAMES')
  const { frames, notLasting, halfOpen } = CONNECTION_FLAG
  if (flags > (frames | notLasting | halfOpen))
    throw reader.malformed(`FRAMES is ${flags}, which has unknown flags`)
  return {
    frames: (flags & frames) !== 0,
    ...((flags & notLasting) === 0 ? {} : { lasting: false }),
    ...((flags & halfOpen) === 0 ? {} : { halfOpen: true }),
  }
}

function flagsField({ frames, lasting, halfOpen }: ConnectionFlags): write.Field {
  return write.u8Field(
    (frames ? CONNECTION_FLAG.frames : 0) |
      (lasting === false ? CONNECTION_FLAG.notLasting : 0) |
      (halfOpen === true ? CONNECTION_FLAG.halfOpen : 0),
  )
}

/** Decodes a message that consists only of a connection ID. */
function decodeId(bytes: Uint8Array, message: string): bigint {
  const reader = new Reader(bytes, message)
  const id = reader.u64('ID')
  reader.end()
  return id
}

/** Decodes a message that consists only of a namespace. */
function decodeNamespace(bytes: Uint8Array, message: string): string {
  const reader = new Reader(bytes, message)
  const namespace = reader.nonEmptyRest('NAMESPACE')
  const reason = invalidNamespace(namespace)
  if (reason !== undefined) throw reader.malformed(reason)
  return namespace
}

function defaultForm(message: ClientMessage): ClientMessageForm {
  const namesRelay = message.type === 'connect' && message.relay !== '' && message.relay !== ANY_RELAY
  return namesRelay ? 'documented' : 'client'
}

function encodeConnect(message: ConnectMessage, form: ClientMessageForm): Uint8Array<ArrayBuffer> {
  if (!message.protocol.startsWith('/')) {
    throw new ProtocolError(
      'ERR_NOT_ENCODABLE',
      `PROTOCOL ${JSON.stringify(message.protocol)} does not start with /`,
    )
  }
  const frames = flagsField(message)
  const protocol = write.strField(message.protocol, 'PROTOCOL')
  const peer = write.nonEmptyRestField(message.peer, 'PEERID')
  if (form === 'documented') {
    const relay = write.strField(message.relay, 'RELAY')
    return write.encodeFields(CLIENT_OPCODE.connect, frames, protocol, relay, peer)
  }
  if (message.relay !== '' && message.relay !== ANY_RELAY) {
    throw new ProtocolError('ERR_NOT_ENCODABLE', "the client's form of Connect can't name a RELAY")
  }
  const relay = write.booleanField(message.relay === ANY_RELAY)
  return write.encodeFields(CLIENT_OPCODE.connect, frames, relay, protocol, peer)
}

/**
 * Decodes the documented form if the first two bytes are the exact length of the rest. Otherwise the whole
 * body is the key.
 */
function decodeStartKey(bytes: Uint8Array): string {
  const [, high, low] = bytes
  const documented = high !== undefined && low !== undefined && ((high << 8) | low) === bytes.byteLength - 3
  const reader = new Reader(bytes, 'Start')
  return documented ? reader.str('KEY') : reader.rest('KEY')
}

/**
 * Decodes the client's form if it is valid and its protocol begins with `/`, otherwise the documented form.
 */
function decodeConnect(bytes: Uint8Array, subprotocol: Subprotocol): ConnectMessage {
  const asClient = unlessMalformed(() => decodeConnectAsClient(bytes, subprotocol))
  if (asClient?.protocol.startsWith('/') === true) return asClient
  const asDocumented = unlessMalformed(() => decodeConnectAsDocumented(bytes, subprotocol))
  if (asDocumented?.protocol.startsWith('/') === true) return asDocumented
  // Neither form is valid. The error refers to the form that fits better.
  const { protocol } = asClient ?? decodeConnectAsDocumented(bytes, subprotocol)
  throw new Reader(bytes, 'Connect').malformed(`PROTOCOL ${quote(protocol)} does not start with /`)
}

function decodeConnectAsClient(bytes: Uint8Array, subprotocol: Subprotocol): ConnectMessage {
  const reader = new Reader(bytes, 'Connect')
  const flags = decodeFlags(reader, subprotocol)
  const relay = reader.boolean('RELAY') ? ANY_RELAY : ''
  const protocol = reader.str('PROTOCOL')
  return { type: 'connect', ...flags, relay, protocol, peer: reader.nonEmptyRest('PEERID') }
}

function decodeConnectAsDocumented(bytes: Uint8Array, subprotocol: Subprotocol): ConnectMessage {
  const reader = new Reader(bytes, 'Connect')
  const flags = decodeFlags(reader, subprotocol)
  const protocol = reader.str('PROTOCOL')
  const relay = reader.str('RELAY')
  return { type: 'connect', ...flags, relay, protocol, peer: reader.nonEmptyRest('PEERID') }
}

function unlessMalformed<T>(decode: () => T): T | undefined {
  try {
    return decode()
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}
