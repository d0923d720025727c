/*
 * The messages of the wire protocol, one per binary WebSocket message. `docs/protocol.md` is the normative
 * text.
 *
 * Clients (pages) send client messages, and relays send server messages. A connection ID is a `bigint` (u64
 * on the wire) that the relay assigns, counting from 0 on each control socket.
 */

/** The first byte of a client message. Those from 16 on belong to the subprotocol. */
export const CLIENT_OPCODE = {
  start: 0,
  listen: 1,
  stop: 2,
  close: 3,
  data: 4,
  connect: 5,
  reset: 6,
  pause: 16,
  resume: 17,
  closeWrite: 18,
  findPeers: 19,
  stopFinding: 20,
} as const

/** The first byte of a server message. Those from 16 on belong to the subprotocol. */
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
  linkChanged: 16,
  remoteClosedWrite: 17,
  peerFound: 18,
} as const

/** The bits in FRAMES of Listen and Connect. Without the subprotocol, only `frames` is valid. */
export const CONNECTION_FLAG = { frames: 1, notLasting: 2, halfOpen: 4 } as const

/**
 * The values of STATE in Link Changed by their byte: within the peer, to the other peer, through a circuit
 * relay, or not at all for now.
 */
export const LINK_STATES = ['local', 'direct', 'relayed', 'interrupted'] as const

/** How the bytes of a connection travel. */
export type LinkState = (typeof LINK_STATES)[number]

/** Bytes before the payload of a Data message, in either direction: the opcode and the connection ID. */
export const DATA_HEADER_BYTES = 9

/**
 * Starts the peer. `key` is a private key as base64 of its libp2p protobuf, or empty for the stored identity
 * or a new one.
 */
export type StartMessage = { type: 'start'; key: string }

/** What Listen and Connect say of their connections. */
export type ConnectionFlags = {
  /** Each Data message is one length-prefixed frame on the stream. */
  frames: boolean
  /** Whether connections outlive the link they were opened on; default true. Only with the subprotocol. */
  lasting?: boolean
  /**
   * Whether connections stay open after the remote has ended its data; default false. Only with the
   * subprotocol.
   */
  halfOpen?: boolean
}

/** Listens for streams of `protocol`. */
export type ListenMessage = { type: 'listen'; protocol: string } & ConnectionFlags

/** Ends a listener. With `retain`, its connections stay open. */
export type StopMessage = { type: 'stop'; retain: boolean; protocol: string }

/** Ends a connection after sent data has been flushed. */
export type CloseMessage = { type: 'close'; id: bigint }

/** Resets a connection immediately and drops data that has not left yet. Not part of the 2020 protocol. */
export type ResetMessage = { type: 'reset'; id: bigint }

/** Stops the relay from sending Data of a connection until its Resume. Only with the subprotocol. */
export type PauseMessage = { type: 'pause'; id: bigint }

/** Lets the relay send Data of a paused connection again. Only with the subprotocol. */
export type ResumeMessage = { type: 'resume'; id: bigint }

/** Ends this side's data after what was sent. The connection still receives. Only with the subprotocol. */
export type CloseWriteMessage = { type: 'closeWrite'; id: bigint }

/**
 * Registers this peer under `namespace` at every rendezvous point, and asks for the peers that are registered
 * there, until Stop Finding. Only with the subprotocol.
 */
export type FindPeersMessage = { type: 'findPeers'; namespace: string }

/** Ends Find Peers. Only with the subprotocol. */
export type StopFindingMessage = { type: 'stopFinding'; namespace: string }

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
  relay: string
  protocol: string
  peer: string
} & ConnectionFlags

/** A message from a client to a relay. */
export type ClientMessage =
  | StartMessage
  | ListenMessage
  | StopMessage
  | CloseMessage
  | ResetMessage
  | PauseMessage
  | ResumeMessage
  | CloseWriteMessage
  | FindPeersMessage
  | StopFindingMessage
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

/**
 * Tells what carries a connection: once immediately before the message that opens it, and then after each
 * change. Only with the subprotocol.
 */
export type LinkChangedMessage = { type: 'linkChanged'; id: bigint; state: LinkState }

/**
 * The remote has ended its data, all of which has been delivered. The connection stays open until this side
 * has ended too. Only for connections that are half-open, and only with the subprotocol.
 */
export type RemoteClosedWriteMessage = { type: 'remoteClosedWrite'; id: bigint }

/**
 * A peer is registered under a namespace that this client looks in, or has registered again. Addresses are
 * without the peer's own `/p2p/…` at the end. Only with the subprotocol.
 */
export type PeerFoundMessage = { type: 'peerFound'; namespace: string; peer: string; addresses: string[] }

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
  | LinkChangedMessage
  | RemoteClosedWriteMessage
  | PeerFoundMessage

/** The two encodings of a client message: as the 2020 README documents it, or as the 2020 client sends it. */
export type ClientMessageForm = 'documented' | 'client'
