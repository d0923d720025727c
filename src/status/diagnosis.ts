/** The worst first. */
export const SEVERITIES = ['error', 'warning', 'info'] as const

/** `error`: peers cannot meet, or soon cannot. `warning`: something is worse than it could be. `info`: nothing is wrong. */
export type Severity = (typeof SEVERITIES)[number]

/** One thing to know about the peer, in words for who uses it. */
export interface Finding {
  /** Its heading in `docs/troubleshooting.md`. */
  id: string
  severity: Severity
  /** What is so: one or more sentences. */
  text: string
  /** What to do about it; empty where nothing is to be done. */
  action: string
}
