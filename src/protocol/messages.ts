/**
 * The messages of the wire protocol, one per binary WebSocket message: `docs/protocol.md` is the normative text.
 *
 * Client messages travel from a page to a relay, server messages from a relay to a page. A connection ID is a `bigint`
 * (u64 on the wire) that the relay gives out, per control socket, from 0 upwards.
 */

/** First byte of a message from the client. */
export const CLIENT_OPCODE = {
  start: 0,
  listen: 1,
  stop: 2,
  close: 3,
  data: 4,
  connect: 5,
  reset: 6,
} as const

/** First byte of a message from the relay. */
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

/** Starts the peer. `key` is base64 of the libp2p protobuf of a private key; empty for the stored identity, or a new one. */
export type StartMessage = { type: 'start'; key: string }

/** Listens for streams of `protocol`. With `frames`, each Data is one length-prefixed frame on the stream. */
export type ListenMessage = { type: 'listen'; frames: boolean; protocol: string }

/** Ends a listener; with `retain` its connections stay open. */
export type StopMessage = { type: 'stop'; retain: boolean; protocol: string }

/** Ends a connection, after what was sent on it has been flushed. */
export type CloseMessage = { type: 'close'; id: bigint }

/** Ends a connection at once: the remote reads a reset, and what was sent and has not left is dropped. Not part of the 2020 protocol. */
export type ResetMessage = { type: 'reset'; id: bigint }

/** Bytes for, or from, a connection's stream; `data` may be empty. A decoded message's `data` is a view of the input. */
export type DataMessage = { type: 'data'; id: bigint; data: Uint8Array }

/**
 * Opens a stream to a peer.
 *
 * `relay`: `''` any way to the peer, `'*'` through any circuit relay, else the multiaddr or peer ID of the relay to take.
 * `peer`: a peer ID, or `/addrs/` and an ascii85 peer address.
 */
export type ConnectMessage = {
  type: 'connect'
  frames: boolean
  relay: string
  protocol: string
  peer: string
}

/** What a client sends. */
export type ClientMessage =
  | StartMessage
  | ListenMessage
  | StopMessage
  | CloseMessage
  | ResetMessage
  | DataMessage
  | ConnectMessage

/** The first message on every control socket: whether the peer runs already. */
export type HelloMessage = { type: 'hello'; started: boolean }

/** Who the peer is. `key` is empty for those who may not have it. */
export type IdentifyMessage = {
  type: 'identify'
  public: boolean
  peer: string
  addresses: string[]
  key: string
}

/** A peer opened a stream to a protocol that this client listens on. */
export type ListenerConnectionMessage = {
  type: 'listenerConnection'
  id: bigint
  peer: string
  protocol: string
}

/** The last message for an ID: why its connection ended. `EOF` is the orderly end of the remote's stream, and only that. */
export type ConnectionClosedMessage = { type: 'connectionClosed'; id: bigint; reason: string }

/** Listening was not possible: someone else listens, or the protocol is not a client's to take. */
export type ListenRefusedMessage = { type: 'listenRefused'; protocol: string }

/** Listening ended. */
export type ListenerClosedMessage = { type: 'listenerClosed'; protocol: string }

/** Connect succeeded. */
export type PeerConnectionMessage = { type: 'peerConnection'; id: bigint; peer: string; protocol: string }

/** Connect failed; `error` says in plain words what was tried and why it failed. */
export type PeerConnectionRefusedMessage = {
  type: 'peerConnectionRefused'
  peer: string
  protocol: string
  error: string
}

/** The client's last message could not be understood or done; the socket stays open. */
export type ErrorMessage = { type: 'error'; message: string }

/** Listening began. */
export type ListeningMessage = { type: 'listening'; protocol: string }

/** What a relay sends. */
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

/** Which of the two written forms of a client message: as the 2020 README documents it, or as its client sends it. */
export type ClientMessageForm = 'documented' | 'client'
