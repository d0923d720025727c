/*
 * A snapshot of everything that decides whether peers can reach each other. It is plain data, so it survives
 * structured cloning and JSON unchanged. Fields that are unknown or don't apply are absent. The file is long
 * because it describes one JSON document.
 *
 * Names end in their unit. `Ms` are milliseconds; moments count from 1970, by the clock of the peer's
 * machine. `Bytes` are bytes. Byte counters never decrease, so a rate is the difference between two
 * snapshots, divided by the difference of their `atMs`.
 */

/**
 * The most connections, and the most client streams, that a snapshot lists. Their total number is given
 * beside it.
 */
export const MAX_LISTED = 1_000
/** Refusals that are remembered. The oldest is dropped first. */
export const MAX_REFUSALS = 32

/** The status of a relay: its host, its peer and its clients. */
export interface RelayStatus {
  /** When the snapshot was taken. */
  atMs: number
  host: HostStatus
  network: NetworkStatus
  /** The transports of the peer, including those it can't use now. Present even before the peer starts. */
  transports: TransportStatus[]
  /** The tabs that share the peer. Absent if the peer runs in a program. */
  tabs?: TabStatus[]
  /** Absent while the peer is not running. */
  peer?: PeerStatus
  /** The peer's control sockets, the oldest first. */
  clients: ClientStatus[]
  /** The TCP services that a program forwards to and tunnels from. Absent if there are none. */
  tcp?: TcpServiceStatus[]
  /** The latest refusals, the oldest first: {@link MAX_REFUSALS} at most. */
  refusals: Refusal[]
}

/** TCP connections that travel as streams: a forward to a TCP service, or a tunnel from a local port. */
export interface TcpServiceStatus extends Traffic {
  kind: 'forward' | 'tunnel'
  protocol: string
  /** The TCP service of a forward, or where a tunnel listens: `HOST:PORT`. */
  endpoint: string
  /** The peer at the other end of a tunnel. Absent for a forward. */
  peer?: string
  /** Connections that are open now. */
  open: number
  /** Connections that were joined with a stream since the program started. */
  accepted: number
  /** Connections that were refused, or that didn't end in order. */
  failed: number
  /** Why the last of these failed. */
  lastFailure?: string
}

/** The browser or program that the peer runs in. */
export interface HostStatus {
  /**
   * `shared-worker`: in a browser, shared by all tabs of the site. `program`: in a program, such as the Node
   * build.
   */
  kind: 'shared-worker' | 'program'
  /** The version of this package. */
  version: string
  startedMs: number
  /** False if the host knows that it is offline. Absent if it can't know. */
  online?: boolean
  /**
   * Whether a page of another build is waiting for its own worker, which can't start while this one has
   * connections.
   */
  updateWaits: boolean
  identity: IdentityStatus
  /** Why the peer failed to start. Absent once it is running. */
  startError?: { kind: StartErrorKind; message: string; atMs: number }
  /**
   * The last jump of the system clock: it was set, or the machine slept. `byMs` is negative if it was set
   * back.
   */
  clockJump?: { noticedMs: number; byMs: number }
  /**
   * The site's permissions to reach this machine and its local network. Absent if the browser has no such
   * permissions.
   */
  localNetwork?: Partial<Record<LocalSpace, 'granted' | 'prompt' | 'denied'>>
}

/**
 * Where an address that isn't on the internet is: on this machine (`loopback`), or in its local network
 * (`local`).
 */
export type LocalSpace = 'loopback' | 'local'

/** `identity-in-use`: another worker of the site is running with this identity. `failed`: any other error. */
export type StartErrorKind = 'identity-in-use' | 'failed'

/** Where the identity came from. */
export type IdentityStatus =
  /** Not loaded yet. */
  | { kind: 'unknown' }
  /** It is in the host's storage, so the next start uses it again. */
  | { kind: 'kept' }
  /** A page or a flag gave it. */
  | { kind: 'given' }
  /**
   * It is new and in the host's storage. The stored record was invalid for this `reason`, and was set aside.
   */
  | { kind: 'replaced'; reason: string }
  /** It was deleted from the host's storage while the peer is running. */
  | { kind: 'deleted' }
  /** It is new and lasts until the peer stops, because nothing can be stored for this `reason`. */
  | { kind: 'not-kept'; reason: string }

/** The source of the network configuration, and the outcome of reading it. */
export interface NetworkStatus {
  /** `file`: `/network.json`, and in a browser the user's settings. `flags`: the command line. */
  source: 'file' | 'flags'
  /**
   * The outcome of the last reading. `unread`: there was none yet. `missing`: there is no such file.
   * `unreachable`: the server didn't answer, or answered with an error. `not-json`: the file isn't a JSON
   * object. `flawed`: invalid entries were skipped. `kept`: the server didn't provide the file, so its last
   * version is used.
   */
  state: 'unread' | 'good' | 'kept' | 'missing' | 'unreachable' | 'not-json' | 'flawed'
  /** One line for each problem. */
  problems: string[]
}

/** A transport. Circuits count as one. */
export interface TransportStatus {
  name: 'tcp' | 'websocket' | 'webrtc' | 'webrtc-direct' | 'circuit'
  able: boolean
  /**
   * Why it can't be used. `no-lender`: no tab lends WebRTC. `unsupported`: the browser or platform doesn't
   * have it. `blocked`: a policy of the page or browser prevents it. `budget-spent`: the browser currently
   * makes no more connections.
   */
  why?: 'no-lender' | 'unsupported' | 'blocked' | 'budget-spent'
}

/** A tab that shares the peer. */
export interface TabStatus {
  /** The {@link ClientStatus.name} of its clients. */
  name: string
  /** The title of its page. Empty until the tab has reported it. */
  title: string
  /** The path of its page's URL, without query and fragment. */
  path: string
  visible: boolean
  /**
   * `comes`: it has offered to lend but isn't ready yet. The others are as in {@link TransportStatus.why}.
   */
  webrtc: 'lends' | 'comes' | 'unsupported' | 'blocked' | 'budget-spent'
  /** WebRTC connections that it carries now. */
  carries: number
  /** WebRTC connections that it has ever made. */
  made: number
  /** Once a tab has made this many, other tabs are preferred. */
  budget: number
}

/** The libp2p peer. */
export interface PeerStatus {
  id: string
  startedMs: number
  /** Whether others can dial it: an address was confirmed, or a flag says so. */
  public: boolean
  /** Known addresses, the announced ones first: {@link MAX_LISTED} at most. */
  addresses: AddressStatus[]
  /** How many reservations on circuit relays the peer wants to hold. */
  relaysWanted: number
  /** All known circuit relays. */
  relays: ReservationStatus[]
  routing: RoutingStatus
  /** The protocols that clients listen on. */
  protocols: string[]
  /** The oldest first: {@link MAX_LISTED} at most. */
  connections: ConnectionStatus[]
  connectionCount: number
  /** The number and traffic of all connections since the peer started, including closed ones. */
  carried: Traffic & { connections: number }
  /** Its service as a circuit relay. Absent if it isn't one. */
  service?: CircuitRelayServiceStatus
  /** Its service as a rendezvous point. Absent if it isn't one. */
  rendezvousService?: RendezvousServiceStatus
  /** Dials that are running or waiting for their turn. */
  dialCount: number
  /** The streams that outlive their links. Absent if this is off. */
  lasting?: LastingStatus
  /** What it does at rendezvous points. Absent while no client looks for peers. */
  rendezvous?: RendezvousStatus
  /**
   * True if the last direct connections over WebRTC failed, so that streams start on circuits without waiting
   * for one.
   */
  directFails?: boolean
}

/** The streams that outlive their links: now, and since the peer started. */
export interface LastingStatus {
  /** Streams that are open, with all peers. */
  streams: number
  /** Those of them that have lost their link and wait for another one. */
  interrupted: number
  /** Bytes that all of them have sent and that the other sides have not acknowledged. */
  unacknowledgedBytes: number
  /** Interruptions after which a stream went on. */
  resumed: number
  /** Moves to another link without an interruption. */
  moved: number
  /** Streams that ended while they were interrupted. */
  lost: number
  limits: LastingLimitsStatus
}

/** The limits of lasting streams; `docs/lasting-streams.md` says what happens when each is reached. */
export interface LastingLimitsStatus {
  maxUnacknowledgedBytesPerStream: number
  maxUnacknowledgedBytesPerPeer: number
  /** For all peers together. */
  maxUnacknowledgedBytes: number
  maxInterruptedPerPeer: number
  maxResumesPerSecond: number
  resumeTimeoutMs: number
}

/** One of the peer's own addresses. */
export interface AddressStatus {
  /** The multiaddr, without the peer's own `/p2p/…` suffix. */
  address: string
  /**
   * `relay`: through a reservation. `listen`: a transport listens there. `announce`: the user configured it.
   * `observed`: another peer saw it. `port-mapping`: a router forwards it. `domain`: a domain name for
   * another of the addresses.
   */
  from: 'relay' | 'listen' | 'announce' | 'observed' | 'port-mapping' | 'domain'
  /**
   * Whether others can reach the peer there: its reservation is held, or a peer outside the local network has
   * seen or dialled it.
   */
  confirmed: boolean
  /** Whether it is announced to other peers. */
  told: boolean
}

/** A known circuit relay, and this peer's reservation on it. */
export interface ReservationStatus {
  /** The circuit relay's peer ID. */
  relay: string
  /** The addresses to dial. */
  addresses: string[]
  /**
   * Its WebSocket URLs on this machine or in the local network, which may need the user's permission. Only
   * for configured circuit relays.
   */
  local: { space: LocalSpace; url: string }[]
  /**
   * Where it is known from. `network`: `/network.json`, the user or a flag. `record`: it granted a
   * reservation before. `connected`: a connected peer that offers to serve. `routing`: a search of the
   * network.
   */
  from: 'network' | 'record' | 'connected' | 'routing'
  state: ReservationState
  /** Milliseconds that the last attempt took, or has taken so far. */
  tookMs?: number
  /** The last error. It stays after a success. */
  lastError?: ReservationFailure
}

/** The state of a reservation. */
export type ReservationState =
  /** Not requested, because other circuit relays serve this peer. */
  | { kind: 'spare' }
  | { kind: 'trying'; sinceMs: number }
  /** `expiresMs`: when the reservation ends unless it is renewed. */
  | { kind: 'held'; sinceMs: number; expiresMs?: number }
  /** `failures`: failed attempts in a row. `retryMs`: the earliest time of the next attempt. */
  | { kind: 'waiting'; failures: number; retryMs: number }

/** Why a circuit relay doesn't serve this peer. */
export interface ReservationFailure {
  atMs: number
  /**
   * `unreachable`: it couldn't be dialled. `full`: it has no reservation left. `refused`: it refused for
   * another reason. `no-relay`: the peer isn't a circuit relay. `slow`: it didn't answer in time.
   * `no-address`: it gave no address that can be dialled. `untrue`: its reservation doesn't work. `lost`: the
   * reservation was lost.
   */
  kind: 'unreachable' | 'full' | 'refused' | 'no-relay' | 'slow' | 'no-address' | 'untrue' | 'lost'
  message: string
}

/** What this peer does for others as a circuit relay: now, at most, and since it started. */
export interface CircuitRelayServiceStatus {
  /** Reservations that other peers hold now. */
  reservations: number
  maxReservations: number
  /** Requests that were refused because no reservation was left. */
  refusedFull: number
  /** Requests that were refused because their IP address holds its share of the reservations. */
  refusedAddress: number
  /** Circuits that are open now. */
  circuits: number
  maxCircuits: number
  /** Circuits that have been opened since the start. */
  openedCircuits: number
  /** Circuits that were refused because too many were open. */
  refusedCircuits: number
  /** Bytes that all circuits have carried, both directions added. */
  carriedBytes: number
}

/** The service of a rendezvous point: what is registered now, and what it has done since it started. */
export interface RendezvousServiceStatus {
  registrations: number
  maxRegistrations: number
  namespaces: number
  /** Registrations that were made, not counting those that were renewed. */
  registered: number
  /** Requests for registrations that were answered. */
  discovered: number
  /** Requests that were refused, by the reason. */
  refused: RendezvousRefusals
}

/**
 * `full`: all registrations are taken. `peer`: those of one peer. `address`: those of one address. `rate`: a
 * peer asked too often. `invalid`: the request was.
 */
export type RendezvousRefusals = Record<'full' | 'peer' | 'address' | 'rate' | 'invalid', number>

/** What the peer does at rendezvous points, where peers find each other by a namespace. */
export interface RendezvousStatus {
  /** Namespaces that clients look in. */
  namespaces: number
  /** Peers that are known in them. */
  knownPeers: number
  /** The points that are used. */
  points: RendezvousPointStatus[]
}

/** A rendezvous point that the peer uses. Its counts begin again when the point was away. */
export interface RendezvousPointStatus {
  peer: string
  /** Namespaces under which the peer is registered there. */
  registrations: number
  /** Peers that it told of, and their newer records. */
  found: number
  /** Registrations that were ignored, because they were malformed, forged, too long or of no use. */
  ignored: number
  /** Why the last of these was ignored. */
  lastIgnored?: string
  /** Why the last request failed. Absent once one succeeds. */
  lastError?: { atMs: number; message: string }
}

/** How the peer finds other peers. */
export interface RoutingStatus {
  bootstrap: BootstrapStatus[]
  /** Absent if the peer doesn't use the DHT. */
  dht?: {
    mode: 'client' | 'server'
    /** Peers in its routing table. */
    peers: number
  }
  delegated: DelegatedStatus[]
}

/** A bootstrap peer. */
export interface BootstrapStatus {
  address: string
  connected: boolean
  /** When the last connection to it was opened. */
  connectedMs?: number
  /** Why the last dial failed. Absent once it succeeds. */
  lastError?: { atMs: number; message: string }
}

/** A delegated routing endpoint, which is asked for peers over HTTP. */
export interface DelegatedStatus {
  url: string
  /** Requests that it answered, even if it knew nothing. */
  answered: number
  /** Requests that failed. */
  failed: number
  /** The last failure. Absent once it has answered again. */
  lastError?: { atMs: number; message: string }
}

/**
 * The path of a connection. `relayed`: through a circuit relay. `loopback`: between two clients of one peer.
 * `interrupted`: it has lost its link and is waiting for another one.
 */
export type PathKind = 'direct' | 'webrtc' | 'relayed' | 'loopback' | 'interrupted'

/** Bytes received from the other side and sent to it. */
export interface Traffic {
  inBytes: number
  outBytes: number
}

/**
 * A libp2p connection. Its traffic is the bytes of all its streams, including libp2p's own, without the
 * overhead of multiplexing and encryption.
 */
export interface ConnectionStatus extends Traffic {
  /** libp2p's ID of the connection, as in {@link StreamStatus.connection}. */
  id: string
  peer: string
  address: string
  direction: 'inbound' | 'outbound'
  openedMs: number
  path: Exclude<PathKind, 'loopback' | 'interrupted'>
  /** The circuit relay's peer ID. Absent if the connection isn't a circuit. */
  relay?: string
  /** Whether the circuit relay ends it after a certain time or number of bytes. */
  limited: boolean
  /** Bytes that the circuit relay still forwards. Absent if it hasn't announced a limit. */
  leftBytes?: number
  /** The protocol of each open stream. */
  streams: string[]
}

/** A client: a page's WebSocket on `/libp2p`, or a program's. */
export interface ClientStatus {
  /** The client's name. All clients of one tab share one. */
  name: string
  /** The name to show to people: the page's title, path or origin, or that the client is a program. */
  label: string
  connectedMs: number
  listeners: ListenerStatus[]
  /** The oldest streams first: {@link MAX_LISTED} at most, for all clients together. */
  streams: StreamStatus[]
  streamCount: number
  /** Connects that have no answer yet. */
  pendingConnects: number
  /** Bytes queued for slow peers, including an overhead for each message. */
  queuedBytes: number
  /** When more bytes are queued, the relay stops reading from the client. */
  maxQueuedBytes: number
  /**
   * Why the relay has stopped reading from the client, and since when. `streams`: its streams can't send what
   * is queued. `answers`: the client itself reads too slowly.
   */
  heldUp?: { why: 'streams' | 'answers'; sinceMs: number }
  /** Since when the client hasn't read what it was sent. Absent while it keeps up. */
  unreadSinceMs?: number
}

/** A protocol that a client listens on. Its traffic is that of all its connections, including closed ones. */
export interface ListenerStatus extends Traffic {
  protocol: string
  frames: boolean
  /** Connections that are open now. */
  open: number
  /** All connections that it has accepted. */
  accepted: number
}

/** A client's connection: one stream to a peer. Its traffic is the payload of the client's Data messages. */
export interface StreamStatus extends Traffic {
  /** The connection's ID in the protocol, in decimal. */
  id: string
  peer: string
  protocol: string
  /** `inbound`: a listener accepted it. `outbound`: a Connect opened it. */
  direction: 'inbound' | 'outbound'
  openedMs: number
  path: PathKind
  /** The `id` of the libp2p connection that carries it. Absent if the path is `loopback` or `interrupted`. */
  connection?: string
  /** Bytes queued for the slow peer, including an overhead for each message. */
  queuedBytes: number
  /** Absent if the stream ends with its link. */
  lasting?: {
    /**
     * Bytes that were sent and that the other side has not acknowledged. They are sent again after a loss.
     */
    unacknowledgedBytes: number
    /** How often it has gone on over another link. */
    linkChanges: number
  }
}

/** A request that was refused, or that failed. */
export interface Refusal {
  atMs: number
  /** The name of the client that made the request, or that the stream was for. */
  client: string
  /**
   * `start`: to start the peer. `connect`: to dial a peer. `listen`: on a protocol. `accept`: a peer's
   * stream. `find`: peers in a namespace.
   */
  what: 'start' | 'connect' | 'listen' | 'accept' | 'find'
  /** The other peer's ID. Empty if there is none. */
  peer: string
  /** The protocol, or the namespace of `find`. */
  protocol: string
  reason: string
}
