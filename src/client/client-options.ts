/** How to listen. */
export interface ListenOptions {
  /** One message on this side is one on the other (true, the default), or bytes in chunks of any size. */
  frames?: boolean
  /** Ends the wait for the relay's answer, not the listener. */
  signal?: AbortSignal
}

/** How to dial. */
export interface DialOptions extends ListenOptions {
  /** `''` (the default) any way to the peer, `'*'` through any circuit relay, else the relay's multiaddr or peer ID. */
  relay?: string
}

/** Whom to dial: a peer ID, or `/addrs/…`, or a peer ID with multiaddrs (none: the relay looks for the peer by itself). */
export type DialTarget = string | { peer: string; addrs?: readonly string[] }

/** How a client ended. */
export interface ClientEnd {
  reason: string
  /** Whether `close()` was called. */
  clean: boolean
}
