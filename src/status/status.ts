/*
 * The snapshot of everything that decides whether peers can meet. Only data: it can be cloned to another
 * thread and written as JSON, and reads back the same. What is not known, or does not apply, is left out.
 *
 * Names end in their unit: `Ms` are milliseconds, those of a point in time since 1970 by the clock of the
 * peer's machine; `Bytes` are bytes. Byte counters only rise: a rate is the difference between two snapshots,
 * divided by that of their `atMs`.
 */

/**
 * Connections, and streams of clients, that one snapshot lists at most; their number is told beside the list.
 */
export const MAX_LISTED = 1_000
/** Refusals that are remembered; with one more, the oldest goes. */
export const MAX_REFUSALS = 32

/** How the peer is, what it can do, whom it serves. */
export interface RelayStatus {
  /** When the snapshot was taken. */
  atMs: number
  host: HostStatus
  network: NetworkStatus
  /** What the peer can dial with and be dialled by, able or not, also before it runs. */
  transports: TransportStatus[]
  /** The tabs that share the peer; absent where the peer runs in a program. */
  tabs?: TabStatus[]
  /** Absent while the peer is not running. */
  peer?: PeerStatus
  /** The peer's control sockets, the oldest first. */
  clients: ClientStatus[]
  /** What was asked for and refused of late, the oldest first: {@link MAX_REFUSALS} at most. */
  refusals: Refusal[]
}

/** What the peer runs in. */
export interface HostStatus {
  /**
   * `shared-worker`: in a browser, for all tabs of the site. `program`: on its own, as the Node build does.
   */
  kind: 'shared-worker' | 'program'
  /** Of the package. */
  version: string
  startedMs: number
  /** False where the host knows that it has no network. Absent where it cannot know. */
  online?: boolean
  /**
   * A page of another build has asked for a worker of its own, which cannot begin while this one has
   * connections.
   */
  updateWaits: boolean
  identity: IdentityStatus
  /** Why the peer is not running although it was told to. Absent once it runs. */
  startError?: { kind: StartErrorKind; message: string; atMs: number }
  /**
   * The last time the clock was seen to jump against one that only counts: it was set, or the machine slept.
   */
  clockJump?: { noticedMs: number; byMs: number }
  /**
   * Whether the browser lets the site reach this machine, and its network. Absent where it does not ask for
   * that.
   */
  localNetwork?: Partial<Record<LocalSpace, 'granted' | 'prompt' | 'denied'>>
}

/**
 * Where what is not on the internet is: `loopback`, on this machine itself; `local`, in a network of its own.
 */
export type LocalSpace = 'loopback' | 'local'

/**
 * `identity-in-use`: another worker of the site runs with this identity. `failed`: all else, as the message
 * says.
 */
export type StartErrorKind = 'identity-in-use' | 'failed'

/** Where the identity is from. */
export type IdentityStatus =
  /** Not asked for yet. */
  | { kind: 'unknown' }
  /** In the host's storage: it is the same after the next start. */
  | { kind: 'kept' }
  /** As it was given, by a page or a flag. */
  | { kind: 'given' }
  /**
   * New, and in the host's storage: what was stored before was damaged, as `reason` says, and was set aside.
   */
  | { kind: 'replaced'; reason: string }
  /** It was in the host's storage, from which it has been deleted while the peer runs. */
  | { kind: 'deleted' }
  /** Made for this run: there is no storage, as `reason` says. */
  | { kind: 'not-kept'; reason: string }

/** What the peer was told of the network, and how that was read. */
export interface NetworkStatus {
  /** `file` is `/network.json`, and in a browser what the user has set; `flags` is a command line. */
  source: 'file' | 'flags'
  /**
   * How the last reading went. `missing`: there is no such file. `unreachable`: the server did not answer, or
   * with an error. `not-json`: it is no JSON object. `flawed`: a part of it was left out. `unread`: nothing
   * has been read yet. `kept`: the server did not give it, and the last one that it gave is used.
   */
  state: 'unread' | 'good' | 'kept' | 'missing' | 'unreachable' | 'not-json' | 'flawed'
  /** What was wrong, a line each. */
  problems: string[]
}

/** One way to other peers. */
export interface TransportStatus {
  name: 'tcp' | 'websocket' | 'webrtc' | 'webrtc-direct' | 'circuit'
  able: boolean
  /**
   * Why it is not able. `no-lender`: no tab is open that lends WebRTC. `unsupported`: the browser, or the
   * program's platform, has none. `blocked`: the page's or the browser's policy keeps the tabs from lending.
   * `budget-spent`: the browser makes no more connections for the moment.
   */
  why?: 'no-lender' | 'unsupported' | 'blocked' | 'budget-spent'
}

/** A tab that shares the peer. */
export interface TabStatus {
  /** What its clients have for {@link ClientStatus.name}. */
  name: string
  /** Of its page, as it last said; empty until it has. */
  title: string
  /** Of its page's URL: the path, without query and fragment. */
  path: string
  visible: boolean
  /** `comes`: it has begun to lend and is not able yet. The others as in {@link TransportStatus}. */
  webrtc: 'lends' | 'comes' | 'unsupported' | 'blocked' | 'budget-spent'
  /** WebRTC connections that it carries. */
  carries: number
  /** Connections that it has made, ever; past {@link TabStatus.budget} others are preferred to it. */
  made: number
  budget: number
}

/** The libp2p peer. */
export interface PeerStatus {
  id: string
  startedMs: number
  /** Others can dial it: an address was confirmed, or it was told to say so. */
  public: boolean
  /** All that are known, those that peers are told first. */
  addresses: AddressStatus[]
  /** Reservations on relays that are to be held at once. */
  relaysWanted: number
  relays: ReservationStatus[]
  routing: RoutingStatus
  /** What clients listen on. */
  protocols: string[]
  /** The oldest first: {@link MAX_LISTED} at most. */
  connections: ConnectionStatus[]
  connectionCount: number
  /** Of all connections since the peer started, those that have ended too. */
  carried: Traffic & { connections: number }
  /** What it does for others as a circuit relay; absent where it is none. */
  service?: RelayServiceStatus
  /** Dials that are under way or wait for their turn. */
  dialCount: number
  /**
   * True where no direct connection over WebRTC came to the last peers, so that streams begin on relays
   * without waiting for one.
   */
  directFails?: boolean
}

/** An address of the peer's own. */
export interface AddressStatus {
  /** Without the peer's own `/p2p/…` at the end. */
  address: string
  /**
   * `relay`: through a reservation. `listen`: a transport listens there. `announce`: it was given.
   * `observed`: another peer has seen it. `port-mapping`: a router passes it on. `domain`: a name that leads
   * to another of them.
   */
  from: 'relay' | 'listen' | 'announce' | 'observed' | 'port-mapping' | 'domain'
  /**
   * Others were found to reach the peer there: a reservation stands, or somebody outside has seen or dialled
   * a public address.
   */
  confirmed: boolean
  /** Peers are told of it. */
  told: boolean
}

/** How it stands with one relay. */
export interface ReservationStatus {
  /** Its peer ID. */
  relay: string
  /** Where it is dialled. */
  addresses: string[]
  /**
   * WebSockets that lead to it on this machine or in its network, for which a browser may want a permission.
   * None but of a relay that is named.
   */
  local: { space: LocalSpace; url: string }[]
  /**
   * How it became known. `network`: named by `/network.json`, the user or a flag. `record`: it has served
   * before. `connected`: a peer that offered it. `routing`: found in the network.
   */
  from: 'network' | 'record' | 'connected' | 'routing'
  state: ReservationState
  /** Milliseconds that the last attempt took, or has taken until now. */
  tookMs?: number
  /** The last one, also when there has been success since. */
  lastError?: RelayError
}

/** Where a reservation is in its life. */
export type ReservationState =
  /** Known, and not asked while others serve. */
  | { kind: 'spare' }
  | { kind: 'trying'; sinceMs: number }
  /** `expiresMs` is when it must have been renewed. */
  | { kind: 'held'; sinceMs: number; expiresMs?: number }
  /** `failures` in a row; `retryMs` is when it is tried again at the earliest, if it is still needed then. */
  | { kind: 'waiting'; failures: number; retryMs: number }

/** Why a relay does not serve. */
export interface RelayError {
  atMs: number
  /**
   * `unreachable`: it could not be dialled. `full`: it has no room. `refused`: it said no otherwise.
   * `no-relay`: that peer serves no circuits. `slow`: no answer in time. `no-address`: it gave none that can
   * be dialled. `untrue`: what it gave is no reservation. `lost`: it served and was lost.
   */
  kind: 'unreachable' | 'full' | 'refused' | 'no-relay' | 'slow' | 'no-address' | 'untrue' | 'lost'
  message: string
}

/** What a circuit relay does for others: at present, against what it gives at most, and since it began. */
export interface RelayServiceStatus {
  /** Reservations that others hold here. */
  reservations: number
  maxReservations: number
  /** Requests for a reservation that were refused: all are given, or those that one address may have. */
  refusedFull: number
  refusedAddress: number
  /** Circuits that stand, and those that were opened, or refused because too many stand. */
  circuits: number
  maxCircuits: number
  openedCircuits: number
  refusedCircuits: number
  /** Bytes that all circuits have carried, in both directions together. */
  carriedBytes: number
}

/** How peers are found. */
export interface RoutingStatus {
  bootstrap: BootstrapStatus[]
  /** Absent where there is no DHT. */
  dht?: {
    mode: 'client' | 'server'
    /** Peers in its routing table. */
    peers: number
  }
  delegated: DelegatedStatus[]
}

/** A peer to begin with. */
export interface BootstrapStatus {
  address: string
  connected: boolean
  /** When the last connection to it was opened. */
  connectedMs?: number
  /** Why it was not reached when it was last dialled; absent once it has been. */
  lastError?: { atMs: number; message: string }
}

/** A server that is asked for peers over HTTP. */
export interface DelegatedStatus {
  url: string
  /** Questions that it has answered, also that nothing is known; and those that failed. */
  answered: number
  failed: number
  /** The last failure, absent once it has answered again. */
  lastError?: { atMs: number; message: string }
}

/**
 * How bytes go. `relayed` may be limited in time and bytes; `loopback` is between two clients of one peer; `interrupted` waits
 * for another link.
 */
export type PathKind = 'direct' | 'webrtc' | 'relayed' | 'loopback' | 'interrupted'

/** Bytes from the other side and to it, since it was opened. */
export interface Traffic {
  inBytes: number
  outBytes: number
}

/**
 * A libp2p connection. Its traffic is what its streams have carried, those of libp2p itself too, without what
 * it costs to carry that: the headers of the multiplexer and the encryption.
 */
export interface ConnectionStatus extends Traffic {
  /** As in {@link StreamStatus.connection}. */
  id: string
  peer: string
  address: string
  direction: 'inbound' | 'outbound'
  openedMs: number
  path: Exclude<PathKind, 'loopback' | 'interrupted'>
  /** The relay's peer ID, where there is one. */
  relay?: string
  /** The relay ends it after some time or some bytes. */
  limited: boolean
  /** What the relay still lets through, where it has said so. */
  leftBytes?: number
  /** The protocol of each open stream. */
  streams: string[]
}

/** A client: a page's WebSocket on `/libp2p`, or a program's. */
export interface ClientStatus {
  /** Several clients of one tab have one name. */
  name: string
  /** For people: the page's title or path; in a program the page's origin, or that it is a program too. */
  label: string
  connectedMs: number
  listeners: ListenerStatus[]
  /** The oldest first; all clients together have {@link MAX_LISTED} at most. */
  streams: StreamStatus[]
  streamCount: number
  /** Connects that are not answered yet. */
  pendingConnects: number
  /** Bytes that wait for peers to take them, with what it costs to hold each message. */
  queuedBytes: number
  /** Past so many of them the client is made to wait. */
  maxQueuedBytes: number
  /**
   * It has been made to wait since then: peers do not take what it sends, or it does not take what it is
   * sent.
   */
  heldUp?: { why: 'streams' | 'answers'; sinceMs: number }
  /** Since when it has not read what it was sent. */
  unreadSinceMs?: number
}

/** A protocol that a client listens on. Its traffic is that of all its connections, ended ones too. */
export interface ListenerStatus extends Traffic {
  protocol: string
  frames: boolean
  /** Connections that are open, and all that there have been. */
  open: number
  accepted: number
}

/** A client's connection: one stream to a peer. Its traffic is what the client's Data messages carry. */
export interface StreamStatus extends Traffic {
  /** The connection's ID in the protocol, in decimal. */
  id: string
  peer: string
  protocol: string
  /** `inbound`: a listener has it. `outbound`: a Connect. */
  direction: 'inbound' | 'outbound'
  openedMs: number
  path: PathKind
  /** What carries it, of {@link PeerStatus.connections}; absent where the path is loopback or interrupted. */
  connection?: string
  /** Bytes that wait for the peer to take them, with what it costs to hold each message. */
  queuedBytes: number
}

/** Something that was asked for in vain. */
export interface Refusal {
  atMs: number
  /** The name of the client that asked, or was to be given the stream. */
  client: string
  /** `start`: the peer. `connect`: a stream to a peer. `listen`: a protocol. `accept`: a stream of a peer. */
  what: 'start' | 'connect' | 'listen' | 'accept'
  /** Empty where there is none. */
  peer: string
  protocol: string
  reason: string
}
