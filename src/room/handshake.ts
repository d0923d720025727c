import type { Connection } from '../client/index.ts'
import { NONCE_BYTES, Refusal, VERSION, decodeFrame, encodeFrame, joined } from './frames.ts'
import type { Frame } from './frames.ts'
import { HANDSHAKE_TIMEOUT_MS } from './limits.ts'
import { randomBytes } from './member.ts'
import { RoomError } from './room-error.ts'
import { sign, utf8 } from './room-keys.ts'

/** What a handshake needs to know of this side. */
export interface HandshakeInit {
  proof: CryptoKey
  /** This peer's ID, and what this page calls itself. */
  peer: string
  page: string
  /**
   * Called by the side that was dialled, when the other side has proved that it knows the name and the
   * secret, with the page's ID. Returns why it isn't let in all the same; undefined if it is.
   */
  refusalOf(page: string): number | undefined
}

/** The roles in what is proved, so that no side's proof is the other's. */
const DIALER = 0
const ACCEPTOR = 1

/**
 * Proves to the other side of a connection that this page knows the room's name and secret, and has it prove
 * the same. Resolves to the other page's ID.
 *
 * The dialler proves first. Both proofs cover both peers' IDs, which the link beneath the connection has
 * authenticated, so neither can be used on another connection or by a peer in between.
 *
 * Rejects with `ERR_WRONG_SECRET`, `ERR_ROOM_FULL`, `ERR_INCOMPATIBLE`, or another error if the connection
 * ends or the other side breaks the protocol. The connection is closed then.
 */
export async function shakeHands(connection: Connection, init: HandshakeInit): Promise<string> {
  const timer = setTimeout(() => connection.close(), HANDSHAKE_TIMEOUT_MS)
  try {
    return await (connection.direction === 'out' ? dialled(connection, init) : accepted(connection, init))
  } catch (error) {
    connection.close()
    throw error
  } finally {
    clearTimeout(timer)
  }
}

async function dialled(connection: Connection, init: HandshakeInit): Promise<string> {
  const own = randomBytes(NONCE_BYTES)
  send(connection, { type: 'hello', version: VERSION, nonce: own })
  const nonces = joined(own, await readHello(connection))
  const transcript = transcriptOf(connection, nonces, init.peer, connection.peer)
  const first = transcript(DIALER, init.page)
  send(connection, { type: 'proof', page: init.page, mac: await sign(init.proof, first) })
  const answer = await next(connection, 'proof')
  const isProved = await verify(init.proof, answer.mac, transcript(ACCEPTOR, init.page + answer.page))
  if (!isProved) throw refusedWith(Refusal.proof)
  return answer.page
}

async function accepted(connection: Connection, init: HandshakeInit): Promise<string> {
  const other = await readHello(connection)
  const own = randomBytes(NONCE_BYTES)
  send(connection, { type: 'hello', version: VERSION, nonce: own })
  const transcript = transcriptOf(connection, joined(other, own), connection.peer, init.peer)
  const { page, mac } = await next(connection, 'proof')
  const isProved = await verify(init.proof, mac, transcript(DIALER, page))
  const reason = isProved ? init.refusalOf(page) : Refusal.proof
  if (reason !== undefined) {
    send(connection, { type: 'refused', reason })
    throw refusedWith(reason)
  }
  const answer = await sign(init.proof, transcript(ACCEPTOR, page + init.page))
  send(connection, { type: 'proof', page: init.page, mac: answer })
  return page
}

/** Everything that both sides know of the handshake so far, in the same form. */
function transcriptOf(connection: Connection, nonces: Uint8Array, dialer: string, acceptor: string) {
  const ends = `\0${connection.protocol}\0${dialer}\0${acceptor}\0`
  return (role: number, pages: string): Uint8Array<ArrayBuffer> =>
    joined([VERSION, role], nonces, utf8(ends + pages))
}

async function readHello(connection: Connection): Promise<Uint8Array> {
  const { version, nonce } = await next(connection, 'hello')
  if (version === VERSION && nonce.byteLength === NONCE_BYTES) return nonce
  send(connection, { type: 'refused', reason: Refusal.version })
  throw refusedWith(Refusal.version)
}

async function next<T extends 'hello' | 'proof'>(
  connection: Connection,
  type: T,
): Promise<Extract<Frame, { type: T }>> {
  const { value } = await connection[Symbol.asyncIterator]().next()
  if (value === undefined) throw new Error('the other side closed the connection')
  const frame = decodeFrame(value)
  if (frame?.type === 'refused') throw refusedWith(frame.reason)
  if (frame?.type !== type)
    throw new TypeError(`${frame?.type ?? 'an unknown frame'} came instead of ${type}`)
  return frame as Extract<Frame, { type: T }>
}

async function verify(key: CryptoKey, mac: Uint8Array, message: Uint8Array<ArrayBuffer>): Promise<boolean> {
  return await crypto.subtle.verify('HMAC', key, mac.slice(), message)
}

function send(connection: Connection, frame: Frame): void {
  connection.send(encodeFrame(frame))
}

/** Returns the error for the reason of a refusal. */
function refusedWith(reason: number): RoomError {
  switch (reason) {
    case Refusal.proof:
      return new RoomError('ERR_WRONG_SECRET', 'Another page has the room’s name, but not the same secret.')
    case Refusal.full:
      return new RoomError('ERR_ROOM_FULL', 'The room is full.')
    case Refusal.busy:
      return new RoomError('ERR_ROOM_FULL', 'This peer has joined the room too often. Try again later.')
    case Refusal.removed:
      return new RoomError('ERR_MEMBER_REMOVED', 'This page was removed from the room.')
    default:
      return new RoomError('ERR_INCOMPATIBLE', 'A page in the room speaks another version of the protocol.')
  }
}
