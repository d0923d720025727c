import type { Finding } from './diagnosis.ts'
import type { RelayStatus } from './status.ts'
import { counted } from './words.ts'

/** What is to be said of what the peer does for others, as their circuit relay. */
export function serviceFindings({ peer }: RelayStatus): Finding[] {
  const service = peer?.service
  if (service === undefined) return []
  const findings: Finding[] = []
  if (service.reservations >= service.maxReservations) {
    const { maxReservations: places, refusedFull } = service
    findings.push({
      id: 'service-full',
      severity: 'warning',
      text: `This relay has given away ${places === 1 ? 'its only place' : `all of its ${places} places`}${refusedWords(refusedFull)}: no further browser can be reached through it.`,
      action: 'Give it more room with -relayreservations, or run another relay.',
    })
  }
  if (service.circuits >= service.maxCircuits) {
    const { maxCircuits: circuits, refusedCircuits } = service
    findings.push({
      id: 'service-busy',
      severity: 'warning',
      text: `This relay carries ${circuits === 1 ? 'one circuit' : `${circuits} circuits`}, which is the most${refusedWords(refusedCircuits)}: no further one can be opened through it.`,
      action: 'Let it carry more with -relaycircuits, or run another relay.',
    })
  }
  return findings
}

function refusedWords(count: number): string {
  return count === 0 ? '' : `, and has refused ${counted(count, 'request')}`
}
