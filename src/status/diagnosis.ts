/** Worst first. */
export const SEVERITIES = ['error', 'warning', 'info'] as const

/**
 * `error`: peers can't connect, or soon won't. `warning`: something could be better. `info`: nothing is
 * wrong.
 */
export type Severity = (typeof SEVERITIES)[number]

/**
 * Every finding, in the order in which findings of one severity are shown. Each is a heading in
 * `docs/troubleshooting.md`.
 */
export const FINDING_IDS = [
  'identity-in-use',
  'start-failed',
  'offline',
  'local-network-denied',
  'local-network-prompt',
  'no-relays',
  'relays-failed',
  'network-kept',
  'network-missing',
  'network-unreachable',
  'network-not-json',
  'network-flawed',
  'not-public',
  'relays-few',
  'no-bootstrap',
  'dht-empty',
  'delegated-failing',
  'webrtc-blocked',
  'webrtc-unsupported',
  'webrtc-budget-spent',
  'webrtc-no-lender',
  'webrtc-failing',
  'identity-replaced',
  'identity-deleted',
  'identity-not-kept',
  'update-waits',
  'client-unread',
  'client-held-up',
  'refusals',
  'service-full',
  'service-busy',
  'dials-waiting',
  'circuit-ending',
  'not-started',
  'relays-trying',
  'no-relays-wanted',
  'this-machine-only',
  'no-routing',
  'clock-jumped',
] as const

export type FindingId = (typeof FINDING_IDS)[number]

/** One thing to know about the peer, in words for its user. */
export interface Finding {
  /** Also its heading in `docs/troubleshooting.md`. */
  id: FindingId
  severity: Severity
  /** What was found, in one or more sentences. */
  text: string
  /** What to do about it. Empty if there is nothing to do. */
  action: string
}
