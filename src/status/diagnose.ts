import { clientFindings } from './client-findings.ts'
import type { Finding } from './diagnosis.ts'
import { FINDING_IDS, SEVERITIES } from './diagnosis.ts'
import { hostFindings } from './host-findings.ts'
import { networkFindings } from './network-findings.ts'
import { reachFindings } from './reach-findings.ts'
import { reservationFindings } from './reservation-findings.ts'
import { routingFindings } from './routing-findings.ts'
import { serviceFindings } from './service-findings.ts'
import type { RelayStatus } from './status.ts'
import { webRtcFindings } from './webrtc-findings.ts'

/**
 * Returns what is wrong with a peer, worst first, each with what to do about it. Empty if all is well.
 *
 * A pure function of the snapshot. Each kind of finding occurs at most once, and has a heading in
 * `docs/troubleshooting.md`.
 */
export function diagnose(status: RelayStatus): Finding[] {
  return [
    ...hostFindings(status),
    ...networkFindings(status),
    ...reservationFindings(status),
    ...reachFindings(status),
    ...routingFindings(status),
    ...webRtcFindings(status),
    ...clientFindings(status),
    ...serviceFindings(status),
  ].sort((one, other) => rankOf(one) - rankOf(other))
}

function rankOf({ severity, id }: Finding): number {
  return SEVERITIES.indexOf(severity) * FINDING_IDS.length + FINDING_IDS.indexOf(id)
}
