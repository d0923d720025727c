import type { Awareness } from 'y-protocols/awareness'
import type { JoinOptions } from '../room/index.ts'

/** Options of a `LibP2PProvider`: those of y-webrtc that apply, and those of the room. */
export interface ProviderOptions extends Pick<
  JoinOptions,
  'client' | 'url' | 'scope' | 'peers' | 'limits' | 'WebSocket'
> {
  /** The cursors and names of all members; default a new one. The provider destroys neither. */
  awareness?: Awareness
  /** What members must know besides the name, as the `secret` of a room. */
  password?: string | null
  /** Other members at the most. Default that of a room. */
  maxConns?: number
  /** Whether to join at once; default true. */
  connect?: boolean
  /** Has no effect: members find each other without signalling servers. */
  signaling?: readonly string[]
  /** Has no effect: pages of one browser reach each other through their peer. */
  filterBcConns?: boolean
  /** Has no effect: there is no simple-peer. */
  peerOpts?: unknown
}
