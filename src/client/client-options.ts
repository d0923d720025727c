/** Options of `Client.listen`. */
export interface ListenOptions {
  /** Whether message boundaries are kept. Default true; otherwise bytes arrive in chunks of any size. */
  frames?: boolean
  /**
   * Whether connections outlive the link they were opened on, if both peers know lasting streams. Default
   * true. With false, a lost link ends the connection, for protocols that must notice the loss.
   */
  lasting?: boolean
  /**
   * Whether connections stay open after the remote has ended its data, so that this side can still answer.
   * Default false: they close then. A relay without the subprotocol always closes them.
   */
  allowHalfOpen?: boolean
  /** Aborts the wait for the relay's answer; has no effect afterwards. */
  signal?: AbortSignal
}

/** Options of `Client.dial`. */
export interface DialOptions extends ListenOptions {
  /**
   * `''` (default): any way to the peer; `'*'`: through any circuit relay; else the circuit relay's multiaddr
   * or peer ID.
   */
  relay?: string
}

/**
 * The peer to dial: a peer ID, `/addrs/…`, or a peer ID with multiaddrs. Without addresses, the relay looks
 * them up.
 */
export type DialTarget = string | { peer: string; addrs?: readonly string[] }

/** How a client's WebSocket ended. */
export interface ClientEnd {
  reason: string
  /** Whether it ended by `close()`. */
  clean: boolean
}
