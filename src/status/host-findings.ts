import type { Finding } from './diagnosis.ts'
import type { RelayStatus } from './status.ts'
import { asSentence, isBrowser, lasting, placeOf } from './words.ts'

/** Milliseconds for which a jump of the clock is worth telling: what it broke has been mended by then. */
export const CLOCK_JUMP_TOLD_MS = 600_000

/** What is to be said of the place that the peer runs in: its start, its identity, its network. */
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
      text: 'The peer is not running, as nobody has asked for it yet.',
      action: isBrowser(status)
        ? 'It starts with the first page that uses it: the start page of this site does.'
        : 'It starts with the first page that uses it, or at once with the flag -start.',
    }
  }
  if (startError.kind === 'identity-in-use') {
    return {
      id: 'identity-in-use',
      severity: 'error',
      text: 'The peer cannot start: another worker of this site runs with its identity, and there must not be two.',
      action: 'Close all tabs of this site, then open it again.',
    }
  }
  return {
    id: 'start-failed',
    severity: 'error',
    text: `The peer could not start: ${asSentence(startError.message)}`,
    action: isBrowser(status)
      ? 'Reload this page to try it again. If it stays so, close all tabs of this site and open it again.'
      : 'Correct what it names, then start the program again.',
  }
}

function identityFinding({ host: { identity } }: RelayStatus): Finding | undefined {
  if (identity.kind === 'replaced') {
    return {
      id: 'identity-replaced',
      severity: 'warning',
      text: `The key that this browser kept is damaged, so your peer has a new key and a new ID. ${asSentence(identity.reason)}`,
      action:
        'Open Settings: there you can use a copy of the old key, keep the new one, or forget everything. The damaged record was set aside.',
    }
  }
  if (identity.kind === 'deleted') {
    return {
      id: 'identity-deleted',
      severity: 'warning',
      text: 'The browser has deleted what this site stored, including the key of this peer. When the peer ends, its ID is lost, and the next one has a new ID.',
      action:
        'To keep the ID, open Settings, save the key as a file, and then choose that file as the key to use.',
    }
  }
  if (identity.kind !== 'not-kept') return undefined
  return {
    id: 'identity-not-kept',
    severity: 'warning',
    text: `The identity of this peer is lost when it ends, so that nobody finds it again by its ID: ${asSentence(identity.reason)}`,
    action:
      'Let this site store data in the settings of the browser, or open it outside private browsing; then reload it.',
  }
}

/** A machine without a network may still talk to itself. */
function offlineFinding({ host, peer }: RelayStatus): Finding | undefined {
  if (host.online !== false || (peer?.connectionCount ?? 0) > 0) return undefined
  return {
    id: 'offline',
    severity: 'error',
    text: 'This machine has no network. Pages of this peer can talk to each other, and to nobody else.',
    action: 'Connect it to a network: the peer goes on by itself within seconds.',
  }
}

function updateFinding({ host: { updateWaits } }: RelayStatus): Finding | undefined {
  if (!updateWaits) return undefined
  return {
    id: 'update-waits',
    severity: 'warning',
    text: 'Another version of this site waits: the peer of the earlier one goes on for as long as it has open connections.',
    action: 'When what they do is done, close the other tabs of this site and reload this one.',
  }
}

/** Only where something of the local network is wanted, and is not held. */
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
      text: `${inLocalNetwork(denied)}, which this browser does not let this site reach.`,
      action:
        'Allow the local network for this site: in the settings that the browser shows beside its address.',
    })
  }
  if (prompt !== undefined && prompt.length > 0) {
    findings.push({
      id: 'local-network-prompt',
      severity: 'warning',
      text: `${inLocalNetwork(prompt)}, for which this browser wants your permission.`,
      action:
        'Have the browser ask you, on the page of the peer; or allow the local network for this site in the settings that the ' +
        'browser shows beside its address.',
    })
  }
  return findings
}

function inLocalNetwork({ length }: readonly unknown[]): string {
  return length === 1 ? 'A relay is in the local network' : 'Relays are in the local network'
}

function clockFinding(status: RelayStatus): Finding | undefined {
  const { clockJump } = status.host
  if (clockJump === undefined) return undefined
  const agoMs = status.atMs - clockJump.noticedMs
  if (Math.abs(agoMs) > CLOCK_JUMP_TOLD_MS) return undefined
  const { byMs } = clockJump
  const jump = `The clock of this machine jumped ${byMs > 0 ? 'forward' : 'back'} by ${lasting(Math.abs(byMs))}`
  return {
    id: 'clock-jumped',
    severity: 'info',
    text: `${jump}, ${lasting(agoMs)} ago: it slept, or its clock was set. Whatever ${placeOf(status)} holds elsewhere was looked after at once.`,
    action: '',
  }
}
