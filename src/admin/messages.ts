/*
 * What a page of the site and the peer say to each other about the peer itself: a WebSocket on `/libp2p` with the subprotocol
 * below, on which each message is JSON in UTF-8, in a binary frame. The page asks, and each question has one answer.
 */
import type { NetworkConfig } from '../relay/index.ts'
import type { RelayStatus } from '../status/index.ts'

/** The subprotocol. Its number rises with every change that an older page or peer would not understand. */
export const OPERATOR_PROTOCOL = 'operator-1.libp2p-websocket'

/** What a user has set for the peer in the browser: added to what `/network.json` says, and kept by the worker. */
export interface PeerSettings extends Omit<NetworkConfig, 'reservations'> {
  /** Of `/network.json` only the relays are used: none of its bootstrap peers, routers and ICE servers. */
  noPeers: boolean
}

/** How the peer is, and what it serves. */
export interface PeerReport {
  status: RelayStatus
  /** What the status calls the tab that asks; empty where the peer sees no tabs. */
  asking: string
  /** Bytes of all messages of all clients since the start: `received` by clients from the peer, `sent` by them. */
  carried: { received: number; sent: number }
  recording: boolean
  /** The page may ask for settings, identity, restart and forget: the peer is the browser's. */
  maySet: boolean
}

/** One message of the protocol, as it passed. */
export interface MessageRecord {
  /** Rises by one with every message that was recorded. */
  number: number
  /** Milliseconds since 1970. */
  time: number
  /** Whose control socket. */
  client: string
  /** `in` from the client to the peer, `out` from the peer to the client. */
  direction: 'in' | 'out'
  /** Bytes of the message. */
  size: number
  /** A client sent text, which the protocol does not know. */
  text: boolean
  /** Its first bytes, in base64; a private key in it is left out. */
  head: string
}

/** Records from a number on. */
export interface MessageBatch {
  recording: boolean
  records: MessageRecord[]
  /** What to ask for next. */
  next: number
}

/** What `settings` and `saveSettings` are answered with. */
export interface SettingsReport {
  settings: PeerSettings
  /** What `/network.json` says at present, before the settings are added. */
  offered: NetworkConfig
  /** The peer runs with other settings than these, until it is started again. */
  needsRestart: boolean
  /** Records that were stored as the key and are none, the latest first. Peers of 0.1 don't report them. */
  damagedKeys?: DamagedKey[]
}

/** What was stored as the peer's key and is none. It was set aside. */
export interface DamagedKey {
  /** When that was noticed: milliseconds since 1970. */
  atMs: number
  /** What is wrong with it. */
  reason: string
  /** The record, as text. */
  record: string
}

/** What a page may ask. */
export type OperatorQuestion =
  | { type: 'report' }
  /** Begins or ends recording; `forget` drops what was recorded. */
  | { type: 'record'; on: boolean; forget: boolean }
  | { type: 'messages'; from: number }
  | { type: 'settings' }
  | { type: 'saveSettings'; settings: PeerSettings }
  /** The identity from the next start on: KEY of a Start, or empty for a new one. Answered with its peer ID. */
  | { type: 'setIdentity'; key: string }
  /** Deletes the records of {@link SettingsReport.damagedKeys}. To be asked only of a peer that reports some. */
  | { type: 'forgetDamagedKeys' }
  /** Ends the peer with all connections; the next WebSocket starts it again. */
  | { type: 'restart' }
  /** As restart, and identity and settings are deleted. */
  | { type: 'forget' }

/** What each question is answered with. */
export interface OperatorAnswers {
  report: PeerReport
  record: { recording: boolean }
  messages: MessageBatch
  settings: SettingsReport
  saveSettings: SettingsReport
  setIdentity: { peer: string }
  forgetDamagedKeys: object
  restart: object
  forget: object
}

/** On the wire: `id` is chosen by the page. */
export type OperatorRequest = { id: number; question: OperatorQuestion }
export type OperatorResponse =
  | { id: number; ok: true; answer: OperatorAnswers[OperatorQuestion['type']] }
  /** It could not be done; `message` says why, in words for the one who asked. */
  | { id: number; ok: false; message: string }

/** JSON in UTF-8. */
export function encodeOperatorMessage(message: OperatorRequest | OperatorResponse): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(message))
}

/** Reads a question; undefined for anything else. What `settings` holds is for the one who keeps them to check. */
export function readOperatorRequest(data: Uint8Array | string): OperatorRequest | undefined {
  const { id, question } = fieldsOf(parse(data))
  if (typeof id !== 'number') return undefined
  const read = readQuestion(fieldsOf(question))
  return read === undefined ? undefined : { id, question: read }
}

/** Reads an answer; undefined for anything else. That it fits its question is in the subprotocol's number. */
export function readOperatorResponse(data: Uint8Array | string): OperatorResponse | undefined {
  const { id, ok, answer, message } = fieldsOf(parse(data))
  if (typeof id !== 'number') return undefined
  if (ok === false) return typeof message === 'string' ? { id, ok, message } : undefined
  if (ok !== true || typeof answer !== 'object' || answer === null) return undefined
  return { id, ok, answer: answer as OperatorAnswers[OperatorQuestion['type']] }
}

function readQuestion(fields: Record<string, unknown>): OperatorQuestion | undefined {
  const { type, on, forget, from, settings, key } = fields
  switch (type) {
    case 'report':
    case 'settings':
    case 'forgetDamagedKeys':
    case 'restart':
    case 'forget':
      return { type }
    case 'record':
      return typeof on === 'boolean' ? { type, on, forget: forget === true } : undefined
    case 'messages':
      return typeof from === 'number' ? { type, from } : undefined
    case 'saveSettings':
      return { type, settings: { ...emptySettings(), ...fieldsOf(settings) } }
    case 'setIdentity':
      return typeof key === 'string' ? { type, key } : undefined
    default:
      return undefined
  }
}

/** The settings of somebody who has set nothing. */
export function emptySettings(): PeerSettings {
  return { noPeers: false, relays: [], bootstrap: [], delegatedRouting: [], iceServers: [] }
}

function parse(data: Uint8Array | string): unknown {
  if (typeof data === 'string') return undefined
  try {
    return JSON.parse(new TextDecoder().decode(data))
  } catch {
    return undefined
  }
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
