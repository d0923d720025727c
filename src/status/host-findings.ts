import { formatDuration } from '../platform/format.ts'
import type { Finding } from './diagnosis.ts'
import type { RelayStatus } from './status.ts'
import { asSentence, isBrowser } from './finding-words.ts'

/** Milliseconds for which a clock jump is reported. By then, what it broke has been repaired. */
export const CLOCK_JUMP_SHOWN_MS = 600_000

/** Returns the findings about where the peer runs: its start, its identity, its network. */
export function hostFindings(status: RelayStatus): Finding[] {
  return [
    startFinding(status),
    identityFinding(status),
    offlineFinding(status),
    updateFinding(status),
    ...localNetworkFindings(status),
    clockFinding(status),
  ].flatMap((finding) => finding ?? [])
}

function startFinding(status: RelayStatus): Finding | undefined {
  const { host, peer } = status
  if (peer !== undefined) return undefined
  const { startError } = host
  if (startError === undefined) {
    return {
      id: 'not-started',
      severity: 'info',
      text: 'Your peer is not running, because nothing has used it yet.',
      action: isBrowser(status)
        ? 'It starts when a page uses it. The start page of this site does.'
        : 'It starts when a page uses it, or immediately with the flag -start.',
    }
  }
  if (startError.kind === 'identity-in-use') {
    return {
      id: 'identity-in-use',
      severity: 'error',
      text: 'Your peer cannot start: another worker of this site is already running with its identity.',
      action: 'Close all tabs of this site, then open it again.',
    }
  }
  return {
    id: 'start-failed',
    severity: 'error',
    text: `Your peer could not start: ${asSentence(startError.message)}`,
    action: isBrowser(status)
      ? 'Reload this page to try again. If that does not help, close all tabs of this site and open it again.'
      : 'Fix the cause, then start the program again.',
  }
}

function identityFinding({ host: { identity } }: RelayStatus): Finding | undefined {
  if (identity.kind === 'replaced') {
    return {
      id: 'identity-replaced',
      severity: 'warning',
      text: `The key stored in this browser is damaged, so your peer has a new key and a new ID. ${asSentence(identity.reason)}`,
      action:
        'In Settings you can restore a copy of the old key, keep the new one, or forget everything. The damaged record was set aside.',
    }
  }
  if (identity.kind === 'deleted') {
    return {
      id: 'identity-deleted',
      severity: 'warning',
      text: 'The browser has deleted what this site stored, including the key of your peer. When your peer stops, its ID is lost, and the next one has a new ID.',
      action:
        'To keep the ID, open Settings, save the key as a file, and then choose that file as the key to use.',
    }
  }
  if (identity.kind !== 'not-kept') return undefined
  return {
    id: 'identity-not-kept',
    severity: 'warning',
    text: `Your peer loses its identity when it stops, so nobody can find it again by its ID: ${asSentence(identity.reason)}`,
    action:
      'Allow this site to store data in the browser settings, or open it outside private browsing. Then reload it.',
  }
}

/** Peers on the machine itself can be connected even without a network. */
function offlineFinding({ host, peer }: RelayStatus): Finding | undefined {
  if (host.online !== false || (peer?.connectionCount ?? 0) > 0) return undefined
  return {
    id: 'offline',
    severity: 'error',
    text: 'This machine has no network. The pages that share your peer can reach each other, but nobody else.',
    action: 'Connect it to a network. Your peer reconnects within seconds.',
  }
}

function updateFinding({ host: { updateWaits } }: RelayStatus): Finding | undefined {
  if (!updateWaits) return undefined
  return {
    id: 'update-waits',
    severity: 'warning',
    text: 'A new version of this site is waiting. The peer of the old version keeps running while it has open connections.',
    action:
      'When those connections are no longer needed, close the other tabs of this site and reload this one.',
  }
}

/**
 * Reported only if a circuit relay in the local network is configured and holds no reservation for the peer.
 */
function localNetworkFindings({ host, peer }: RelayStatus): Finding[] {
  const wanted = peer?.relays.filter(({ state }) => state.kind !== 'held') ?? []
  const [denied, prompt] = (['denied', 'prompt'] as const).map((decision) =>
    wanted.filter(({ local }) => local.some(({ space }) => host.localNetwork?.[space] === decision)),
  )
  const findings: Finding[] = []
  if (denied !== undefined && denied.length > 0) {
    findings.push({
      id: 'local-network-denied',
      severity: 'error',
      text: `${inLocalNetwork(denied)}, and this browser does not let this site reach it.`,
      action:
        'Allow the local network for this site, in the settings that the browser shows next to its address.',
    })
  }
  if (prompt !== undefined && prompt.length > 0) {
    findings.push({
      id: 'local-network-prompt',
      severity: 'warning',
      text: `${inLocalNetwork(prompt)}, and this browser needs your permission to let this site reach it.`,
      action:
        'Use the button on the Peer page, and the browser asks you. Or allow the local network for this site, in the settings ' +
        'that the browser shows next to its address.',
    })
  }
  return findings
}

function inLocalNetwork({ length }: readonly unknown[]): string {
  return length === 1 ? 'A circuit relay is in the local network' : 'Circuit relays are in the local network'
}

function clockFinding(status: RelayStatus): Finding | undefined {
  const { clockJump } = status.host
  if (clockJump === undefined) return undefined
  const agoMs = status.atMs - clockJump.noticedMs
  if (Math.abs(agoMs) > CLOCK_JUMP_SHOWN_MS) return undefined
  const { byMs } = clockJump
  const jump = `The clock of this machine jumped ${byMs > 0 ? 'forward' : 'back'} by ${formatDuration(Math.abs(byMs))}`
  return {
    id: 'clock-jumped',
    severity: 'info',
    text: `${jump}, ${formatDuration(agoMs)} ago: the machine was asleep, or its clock was set. All reservations and connections were checked.`,
    action: '',
  }
}
