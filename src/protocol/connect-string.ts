import { decodeAscii85, encodeAscii85 } from './ascii85.ts'
import { ProtocolError, quote } from './protocol-error.ts'

/** A peer and the multiaddrs it may be reached at, none if only its ID is known. */
export interface PeerAddress {
  peer: string
  addrs: string[]
}

/** What one person hands to another so that they meet: a peer address and the protocol to speak. */
export interface ConnectString extends PeerAddress {
  protocol: string
}

/** A room of the 2020 chat whose host is reached only through the page of a third peer: `addrs` are that peer's. */
export interface RelayedRoom extends ConnectString {
  /** The ID of the peer whose page relays. */
  relay: string
}

const ADDRS_PREFIX = '/addrs/'
/** Characters of a connect string that are read at all. A peer has a dozen addresses; this holds some two hundred. */
const MAX_TEXT_LENGTH = 32_768
const utf8 = new TextDecoder('utf-8', { fatal: true })

/** The PEERID of a Connect: the bare ID where there are no addresses, else `/addrs/` and ascii85. */
export function encodePeerAddress(address: PeerAddress): string {
  if (address.addrs.length === 0) return address.peer
  return ADDRS_PREFIX + encodeJson({ peerID: address.peer, addrs: address.addrs })
}

/**
 * Reads the PEERID of a Connect. Whether the peer ID and the multiaddrs are good is for the one who dials them.
 *
 * Throws {@link ProtocolError} `ERR_INVALID_CONNECT_STRING`, in words for the person who pasted it.
 */
export function decodePeerAddress(pasted: string): PeerAddress {
  const text = pasted.trim()
  if (!text.startsWith(ADDRS_PREFIX)) {
    if (text === '' || /[^\w+=-]/.test(text)) throw damaged(`${quote(text)} is no peer ID`)
    return { peer: text, addrs: [] }
  }
  const fields = decodeJson(text.slice(ADDRS_PREFIX.length))
  return { peer: peerField(fields), addrs: addrsField(fields) }
}

/** Ascii85 of the JSON `{"type": "peerAddr", "peerID": …, "protocol": …, "addrs": […]}`, as the 2020 chat writes it. */
export function encodeConnectString(connect: ConnectString): string {
  return encodeJson({
    type: 'peerAddr',
    peerID: connect.peer,
    protocol: connect.protocol,
    addrs: connect.addrs,
  })
}

/**
 * Reads what {@link encodeConnectString} wrote; throws {@link ProtocolError} `ERR_INVALID_CONNECT_STRING`, or `ERR_NO_INVITATION` for
 * a string of the 2020 chat that leads to no peer.
 */
export function decodeConnectString(text: string): ConnectString {
  const room = decodeRoom(text)
  if (!('relay' in room)) return room
  throw noInvitation('this room of the 2020 chat is behind a relaying page, and only the chat can join it')
}

/** As {@link decodeConnectString}, also for the string of a room behind a relaying page: it has a `relayID`, and no type. */
export function decodeRoom(text: string): ConnectString | RelayedRoom {
  if (text.trim() === '') throw damaged('it is empty')
  const fields = decodeJson(text)
  const [type, relay] = [fields.get('type'), fields.get('relayid')]
  if (type === 'relayAddr')
    throw noInvitation(
      'this string leads to a page of the 2020 chat that relays for hosts, not to a room: ask the host of the room for its string',
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

/** The fields of a JSON object in ascii85, by their names in lower case: the 2020 relay wrote them in any case. */
function decodeJson(text: string): Map<string, unknown> {
  if (text.length > MAX_TEXT_LENGTH)
    throw damaged(`it has ${text.length} characters, ${MAX_TEXT_LENGTH} is the most`)
  const value = parseJson(decodeBytes(text))
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw damaged('it holds no JSON object')
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
    throw damaged('what it holds is not readable: a character is missing, added or changed', error)
  }
}

function peerField(fields: Map<string, unknown>): string {
  const peer = fields.get('peerid')
  if (typeof peer !== 'string' || peer === '') throw damaged('it names no peer')
  return peer
}

function addrsField(fields: Map<string, unknown>): string[] {
  const addrs = fields.get('addrs') ?? []
  if (!Array.isArray(addrs)) throw damaged('its addrs are no array')
  return addrs.map((addr: unknown) => {
    if (typeof addr !== 'string') throw damaged(`${quote(addr)} among its addrs is no multiaddr`)
    return addr
  })
}

function noInvitation(why: string): ProtocolError {
  return new ProtocolError('ERR_NO_INVITATION', why)
}

function damaged(what: string, cause?: unknown): ProtocolError {
  return new ProtocolError('ERR_INVALID_CONNECT_STRING', `the connect string is damaged: ${what}`, { cause })
}
