import { decodeAscii85, encodeAscii85 } from './ascii85.ts'
import { ProtocolError, quote } from './protocol-error.ts'

/** A peer and its multiaddrs, which are empty if only the ID is known. */
export interface PeerAddress {
  peer: string
  addrs: string[]
}

/** What people share to connect: a peer's address and the protocol to speak. */
export interface ConnectString extends PeerAddress {
  protocol: string
}

/**
 * A room of the 2020 chat whose host is only reachable through the page of a third peer. `addrs` are that
 * peer's.
 */
export interface RelayedRoom extends ConnectString {
  /** The ID of that third peer. */
  relay: string
}

const ADDRS_PREFIX = '/addrs/'
/** Longest connect string in characters: about two hundred addresses. A peer has a dozen. */
const MAX_CONNECT_STRING_LENGTH = 32_768
const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Encodes the PEERID of a Connect: the plain ID if there are no addresses, otherwise `/addrs/` and ascii85.
 */
export function encodePeerAddress(address: PeerAddress): string {
  if (address.addrs.length === 0) return address.peer
  return ADDRS_PREFIX + encodeJson({ peerID: address.peer, addrs: address.addrs })
}

/**
 * Decodes the PEERID of a Connect. It doesn't check whether the peer ID and the multiaddrs are valid.
 *
 * Throws {@link ProtocolError} `ERR_INVALID_CONNECT_STRING` with a message for the user who pasted it.
 */
export function decodePeerAddress(pasted: string): PeerAddress {
  const text = pasted.trim()
  if (!text.startsWith(ADDRS_PREFIX)) {
    if (text === '' || /[^\w+=-]/.test(text)) throw damaged(`${quote(text)} is not a peer ID`)
    return { peer: text, addrs: [] }
  }
  const fields = decodeJson(text.slice(ADDRS_PREFIX.length))
  return { peer: peerField(fields), addrs: addrsField(fields) }
}

/**
 * Encodes a connect string like the 2020 chat: ascii85 of `{"type": "peerAddr", "peerID": …, "protocol": …,
 * "addrs": […]}`.
 */
export function encodeConnectString(connect: ConnectString): string {
  return encodeJson({
    type: 'peerAddr',
    peerID: connect.peer,
    protocol: connect.protocol,
    addrs: connect.addrs,
  })
}

/**
 * Decodes a connect string. Throws {@link ProtocolError} `ERR_INVALID_CONNECT_STRING`, or `ERR_NO_INVITATION`
 * for a valid string of the 2020 chat that names no directly reachable room.
 */
export function decodeConnectString(text: string): ConnectString {
  const room = decodeRoom(text)
  if (!('relay' in room)) return room
  throw noInvitation('this room of the 2020 chat is behind a relaying page, and only the chat can join it')
}

/**
 * Like {@link decodeConnectString}, but also decodes rooms behind a relaying page, which have a `relayID` and
 * no type.
 */
export function decodeRoom(text: string): ConnectString | RelayedRoom {
  if (text.trim() === '') throw damaged('it is empty')
  const fields = decodeJson(text)
  const [type, relay] = [fields.get('type'), fields.get('relayid')]
  if (type === 'relayAddr')
    throw noInvitation(
      'this string names a page of the 2020 chat that relays for hosts, not a room. Ask the host of the room for its string',
    )
  const isRelayed = type === undefined && typeof relay === 'string' && relay !== ''
  if (type !== 'peerAddr' && !isRelayed) throw damaged(`its type is ${quote(type)}, not "peerAddr"`)
  const protocol = fields.get('protocol')
  if (typeof protocol !== 'string' || !protocol.startsWith('/')) throw damaged('it names no protocol')
  const room = { peer: peerField(fields), protocol, addrs: addrsField(fields) }
  return isRelayed ? { ...room, relay } : room
}

function encodeJson(value: unknown): string {
  return encodeAscii85(new TextEncoder().encode(JSON.stringify(value)))
}

/** Decodes a JSON object in ascii85. Field names are lowercased, because the 2020 relay accepted any case. */
function decodeJson(text: string): Map<string, unknown> {
  if (text.length > MAX_CONNECT_STRING_LENGTH)
    throw damaged(`it has ${text.length} characters, but the limit is ${MAX_CONNECT_STRING_LENGTH}`)
  const value = parseJson(decodeBytes(text))
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw damaged('it is not a JSON object')
  return new Map(Object.entries(value).map(([name, field]) => [name.toLowerCase(), field]))
}

function decodeBytes(text: string): Uint8Array {
  try {
    return decodeAscii85(text)
  } catch (error) {
    throw damaged(error instanceof Error ? error.message : String(error), error)
  }
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(bytes))
  } catch (error) {
    throw damaged('its content is unreadable: a character is missing, added or changed', error)
  }
}

function peerField(fields: Map<string, unknown>): string {
  const peer = fields.get('peerid')
  if (typeof peer !== 'string' || peer === '') throw damaged('it names no peer')
  return peer
}

function addrsField(fields: Map<string, unknown>): string[] {
  const addrs = fields.get('addrs') ?? []
  if (!Array.isArray(addrs)) throw damaged('its addrs is not an array')
  return addrs.map((addr: unknown) => {
    if (typeof addr !== 'string') throw damaged(`${quote(addr)} in its addrs is not a multiaddr`)
    return addr
  })
}

function noInvitation(why: string): ProtocolError {
  return new ProtocolError('ERR_NO_INVITATION', why)
}

function damaged(what: string, cause?: unknown): ProtocolError {
  return new ProtocolError('ERR_INVALID_CONNECT_STRING', `the connect string is damaged: ${what}`, { cause })
}
