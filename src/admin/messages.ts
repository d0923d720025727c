/*
 * The messages of the admin protocol, by which the site's pages ask about the peer and change its settings.
 * It runs over a WebSocket on `/libp2p` with the subprotocol below. Each message is JSON in UTF-8 in a binary
 * frame. The page asks, and each question gets one answer.
 */
import type { NetworkConfig } from '../relay/index.ts'
import type { RelayStatus } from '../status/index.ts'

/**
 * The WebSocket subprotocol. Its number rises with every change that an older page or peer would not
 * understand.
 */
export const ADMIN_PROTOCOL = 'operator-1.libp2p-websocket'

/** What the user has set for the peer in the browser. The worker stores it and adds it to `/network.json`. */
export interface PeerSettings extends Omit<NetworkConfig, 'reservations'> {
  /**
   * Use only the circuit relays of `/network.json`, not its bootstrap peers, delegated routers and ICE
   * servers.
   */
  noPeers: boolean
}

/** The peer's status and traffic. */
export interface PeerReport {
  status: RelayStatus
  /** The name of the asking tab in `status`; empty where the peer has no tabs. */
  asking: string
  /** Bytes of all messages since the start: `received` by clients from the peer, `sent` by clients. */
  carried: { received: number; sent: number }
  recording: boolean
  /** Whether the page may ask for settings, identity, restart and forget: true for the browser's own peer. */
  maySet: boolean
}

/** One recorded message of the client protocol. */
export interface MessageRecord {
  /** Increases by one with each recorded message. */
  number: number
  /** Milliseconds since 1970. */
  time: number
  /** The client whose control socket carried it. */
  client: string
  /** `in` from the client to the peer, `out` from the peer to the client. */
  direction: 'in' | 'out'
  /** Bytes of the whole message. */
  size: number
  /** Whether it was a text message, which the protocol doesn't define. */
  text: boolean
  /** Its first bytes in base64, without any private key. */
  head: string
}

/** A run of consecutive records. */
export interface MessageBatch {
  recording: boolean
  records: MessageRecord[]
  /** The `from` of the next request. */
  next: number
}

/** The answer to `settings` and `saveSettings`. */
export interface SettingsReport {
  settings: PeerSettings
  /** What `/network.json` currently says, without the settings. */
  offered: NetworkConfig
  /** Whether the peer still runs with other settings and must be restarted to use these. */
  needsRestart: boolean
  /**
   * Records that were stored as the key but are not valid keys, latest first. Peers of 0.1 don't report them.
   */
  damagedKeys?: DamagedKey[]
}

/** A record that was stored as the peer's key but is not a valid key. It was set aside. */
export interface DamagedKey {
  /** When it was noticed, in milliseconds since 1970. */
  atMs: number
  /** What is wrong with it. */
  reason: string
  /** The record, as text. */
  record: string
}

/** What a page can ask. */
export type AdminQuestion =
  | { type: 'report' }
  /** Starts or stops recording; `forget` drops the records. */
  | { type: 'record'; on: boolean; forget: boolean }
  | { type: 'messages'; from: number }
  | { type: 'settings' }
  | { type: 'saveSettings'; settings: PeerSettings }
  /** Sets the identity for the next start: the key as in a Start message, or empty for a new one. */
  | { type: 'setIdentity'; key: string }
  /** Deletes the records in {@link SettingsReport.damagedKeys}. Ask this only if the peer reports some. */
  | { type: 'forgetDamagedKeys' }
  /** Ends the peer and all connections. The next WebSocket starts it again. */
  | { type: 'restart' }
  /** Like `restart`, but also deletes the identity and the settings. */
  | { type: 'forget' }

/** The answer to each question. */
export interface AdminAnswers {
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

/** A question as sent. The page chooses `id`, and the answer carries the same. */
export type AdminRequest = { id: number; question: AdminQuestion }
export type AdminResponse =
  | { id: number; ok: true; answer: AdminAnswers[AdminQuestion['type']] }
  /** The request failed. `message` says why and can be shown to the user. */
  | {
      id: number
      ok: false
      message: string
      /** The names of the settings that are invalid. Absent if the request failed for another reason. */
      fields?: string[]
    }

/** Settings that can't be saved. */
export class InvalidSettingsError extends Error {
  override readonly name = 'InvalidSettingsError'
  /** The names of the settings that are invalid. */
  readonly fields: readonly string[]

  constructor(message: string, fields: readonly string[]) {
    super(message)
    this.fields = fields
  }
}

/** Encodes a message as JSON in UTF-8. */
export function encodeAdminMessage(message: AdminRequest | AdminResponse): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(message))
}

/**
 * Reads a question; returns undefined for anything else. The content of `settings` is checked by whoever
 * stores it.
 */
export function readAdminRequest(data: Uint8Array | string): AdminRequest | undefined {
  const { id, question } = fieldsOf(parse(data))
  if (typeof id !== 'number') return undefined
  const read = readQuestion(fieldsOf(question))
  return read === undefined ? undefined : { id, question: read }
}

/**
 * Reads an answer; returns undefined for anything else. Its fields are trusted: the subprotocol's number
 * covers them.
 */
export function readAdminResponse(data: Uint8Array | string): AdminResponse | undefined {
  const { id, ok, answer, message, fields } = fieldsOf(parse(data))
  if (typeof id !== 'number') return undefined
  if (ok === false) {
    if (typeof message !== 'string') return undefined
    const names = Array.isArray(fields) ? fields.filter((name) => typeof name === 'string') : undefined
    return { id, ok, message, ...(names === undefined ? {} : { fields: names }) }
  }
  if (ok !== true || typeof answer !== 'object' || answer === null) return undefined
  return { id, ok, answer: answer as AdminAnswers[AdminQuestion['type']] }
}

function readQuestion(fields: Record<string, unknown>): AdminQuestion | undefined {
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

/** Returns the settings of a user who has set nothing. */
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
