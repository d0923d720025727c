import type { Finding } from './diagnosis.ts'
import type { RelayStatus } from './status.ts'
import { counted } from './finding-words.ts'

/** Returns the findings about the peer's service to others as a circuit relay. */
export function serviceFindings({ peer }: RelayStatus): Finding[] {
  const service = peer?.service
  if (service === undefined) return []
  const findings: Finding[] = []
  if (service.reservations >= service.maxReservations) {
    const { maxReservations, refusedFull } = service
    findings.push({
      id: 'service-full',
      severity: 'warning',
      text: `${maxReservations === 1 ? 'The only reservation of this circuit relay is' : `All ${maxReservations} reservations of this circuit relay are`} taken${refusedWords(refusedFull)}. No other browser can be reached through it.`,
      action: 'Raise the limit with -relayreservations, or run another circuit relay.',
    })
  }
  if (service.circuits >= service.maxCircuits) {
    const { maxCircuits, refusedCircuits } = service
    findings.push({
      id: 'service-busy',
      severity: 'warning',
      text: `This circuit relay carries ${maxCircuits === 1 ? 'one circuit' : `${maxCircuits} circuits`}, which is its limit${refusedWords(refusedCircuits)}. No other circuit can be opened through it.`,
      action: 'Raise the limit with -relaycircuits, or run another circuit relay.',
    })
  }
  return findings
}

function refusedWords(count: number): string {
  return count === 0 ? '' : `, and ${counted(count, 'request')} ${count === 1 ? 'was' : 'were'} refused`
}
