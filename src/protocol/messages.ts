/*
 * The messages of the wire protocol, one per binary WebSocket message. `docs/protocol.md` is the normative
 * text.
 *
 * Clients (pages) send client messages, and relays send server messages. A connection ID is a `bigint` (u64
 * on the wire) that the relay assigns, counting from 0 on each control socket.
 */

/** The first byte of a client message. */
export const CLIENT_OPCODE = {
  start: 0,
  listen: 1,
  stop: 2,
  close: 3,
  data: 4,
  connect: 5,
  reset: 6,
} as const

/** The first byte of a server message. */
export const SERVER_OPCODE = {
  hello: 0,
  identify: 1,
  listenerConnection: 2,
  connectionClosed: 3,
  data: 4,
  listenRefused: 5,
  listenerClosed: 6,
  peerConnection: 7,
  peerConnectionRefused: 8,
  error: 9,
  listening: 10,
} as const

/** Bytes before the payload of a Data message, in either direction: the opcode and the connection ID. */
export const DATA_HEADER_BYTES = 9

/**
 * Starts the peer. `key` is a private key as base64 of its libp2p protobuf, or empty for the stored identity
 * or a new one.
 */
export type StartMessage = { type: 'start'; key: string }

/**
 * Listens for streams of `protocol`. With `frames`, each Data message is one length-prefixed frame on the
 * stream.
 */
export type ListenMessage = { type: 'listen'; frames: boolean; protocol: string }

/** Ends a listener. With `retain`, its connections stay open. */
export type StopMessage = { type: 'stop'; retain: boolean; protocol: string }

/** Ends a connection after sent data has been flushed. */
export type CloseMessage = { type: 'close'; id: bigint }

/** Resets a connection immediately and drops data that has not left yet. Not part of the 2020 protocol. */
export type ResetMessage = { type: 'reset'; id: bigint }

/** Carries bytes of a connection's stream. `data` may be empty. When decoded, it is a view of the input. */
export type DataMessage = { type: 'data'; id: bigint; data: Uint8Array }

/**
 * Opens a stream to a peer.
 *
 * `relay`: `''` for any way to the peer, `'*'` for any circuit relay, or the multiaddr or peer ID of a
 * circuit relay. `peer`: a peer ID, or `/addrs/` and an ascii85 peer address.
 */
export type ConnectMessage = {
  type: 'connect'
  frames: boolean
  relay: string
  protocol: string
  peer: string
}

/** A message from a client to a relay. */
export type ClientMessage =
  | StartMessage
  | ListenMessage
  | StopMessage
  | CloseMessage
  | ResetMessage
  | DataMessage
  | ConnectMessage

/** The first message on every control socket. `started` tells whether the peer is running. */
export type HelloMessage = { type: 'hello'; started: boolean }

/** Identifies the peer. `key` is empty for clients that may not have it. */
export type IdentifyMessage = {
  type: 'identify'
  public: boolean
  peer: string
  addresses: string[]
  key: string
}

/** A remote peer has opened a stream to a protocol that this client listens on. */
export type ListenerConnectionMessage = {
  type: 'listenerConnection'
  id: bigint
  peer: string
  protocol: string
}

/**
 * The last message for an ID, with the reason why its connection ended. `EOF` only means the remote's end of
 * stream.
 */
export type ConnectionClosedMessage = { type: 'connectionClosed'; id: bigint; reason: string }

/** Listen failed, because the protocol is taken or not allowed. */
export type ListenRefusedMessage = { type: 'listenRefused'; protocol: string }

/** A listener has ended. */
export type ListenerClosedMessage = { type: 'listenerClosed'; protocol: string }

/** Connect has succeeded. */
export type PeerConnectionMessage = { type: 'peerConnection'; id: bigint; peer: string; protocol: string }

/** Connect has failed. `error` says in plain words what was tried and why it failed. */
export type PeerConnectionRefusedMessage = {
  type: 'peerConnectionRefused'
  peer: string
  protocol: string
  error: string
}

/** The client's last message was invalid or could not be carried out. The socket stays open. */
export type ErrorMessage = { type: 'error'; message: string }

/** Listen has succeeded. */
export type ListeningMessage = { type: 'listening'; protocol: string }

/** A message from a relay to a client. */
export type ServerMessage =
  | HelloMessage
  | IdentifyMessage
  | ListenerConnectionMessage
  | ConnectionClosedMessage
  | DataMessage
  | ListenRefusedMessage
  | ListenerClosedMessage
  | PeerConnectionMessage
  | PeerConnectionRefusedMessage
  | ErrorMessage
  | ListeningMessage

/** The two encodings of a client message: as the 2020 README documents it, or as the 2020 client sends it. */
export type ClientMessageForm = 'documented' | 'client'
