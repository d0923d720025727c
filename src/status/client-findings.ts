import { formatBytes, formatDuration } from '../platform/format.ts'
import type { Finding } from './diagnosis.ts'
import type { ClientStatus, Refusal, RelayStatus } from './status.ts'
import { asSentence } from './finding-words.ts'

/**
 * Milliseconds that a client must be stalled before it is reported. Slow peers cause shorter stalls all the
 * time.
 */
export const MIN_STALL_MS = 10_000
/** Failures of the same request within {@link REFUSAL_WINDOW_MS} before they are reported. */
export const MIN_REFUSALS = 5
export const REFUSAL_WINDOW_MS = 60_000

/** Returns the findings about the pages and programs that use the peer, at most one of each kind. */
export function clientFindings(status: RelayStatus): Finding[] {
  return [unreadFinding(status), heldUpFinding(status), refusalFinding(status)].flatMap(
    (finding) => finding ?? [],
  )
}

function unreadFinding({ atMs, clients }: RelayStatus): Finding | undefined {
  const [client, others] = oldest(clients, ({ unreadSinceMs }) => unreadSinceMs, atMs)
  if (client === undefined) return undefined
  const forMs = atMs - (client.unreadSinceMs ?? atMs)
  return {
    id: 'client-unread',
    severity: 'warning',
    text: `“${nameOf(client)}” has not read its messages for ${formatDuration(forMs)}, so its streams have stopped.${others}`,
    action: 'Bring it to the front: browsers slow down background tabs. If that does not help, reload it.',
  }
}

function heldUpFinding({ atMs, clients }: RelayStatus): Finding | undefined {
  const since = ({ heldUp }: ClientStatus): number | undefined =>
    heldUp?.why === 'streams' ? heldUp.sinceMs : undefined
  const [client, others] = oldest(clients, since, atMs)
  if (client === undefined) return undefined
  const [slowest] = client.streams.toSorted((one, other) => other.queuedBytes - one.queuedBytes)
  const recipient = slowest === undefined ? 'a peer' : `the peer ${slowest.peer}`
  return {
    id: 'client-held-up',
    severity: 'warning',
    text: `“${nameOf(client)}” has been waiting for ${formatDuration(atMs - (since(client) ?? atMs))}, because ${recipient} is not reading what it sends: ${formatBytes(client.queuedBytes)} are queued.${others}`,
    action:
      'Wait: the connection to that peer may be slow. Or close that stream, so that the other streams of the page can continue.',
  }
}

function refusalFinding({ atMs, refusals, clients }: RelayStatus): Finding | undefined {
  const counts = new Map<string, Refusal[]>()
  for (const refusal of refusals) {
    if (atMs - refusal.atMs > REFUSAL_WINDOW_MS) continue
    const { client, what, peer, protocol } = refusal
    const key = JSON.stringify([client, what, peer, protocol])
    counts.set(key, [...(counts.get(key) ?? []), refusal])
  }
  const [most] = [...counts.values()].sort((one, other) => other.length - one.length)
  const last = most?.at(-1)
  if (most === undefined || last === undefined || most.length < MIN_REFUSALS) return undefined
  const client = clients.find(({ name }) => name === last.client)
  const who = client === undefined ? last.client : nameOf(client)
  return {
    id: 'refusals',
    severity: 'warning',
    text: `“${who}” ${failureOf(last)} ${most.length} times within a minute. The last reason: ${asSentence(last.reason)}`,
    action: ADVICE[last.what],
  }
}

function failureOf({ what, peer, protocol }: Refusal): string {
  switch (what) {
    case 'start':
      return 'failed to start your peer'
    case 'connect':
      return `failed to open a stream to ${peer === '' ? 'a peer' : peer} (${protocol})`
    case 'listen':
      return `failed to listen on ${protocol}`
    case 'accept':
      return `failed to accept a stream from ${peer} (${protocol})`
    case 'find':
      return `failed to look for peers in ${protocol}`
    default:
      return what satisfies never
  }
}

const ADVICE: Readonly<Record<Refusal['what'], string>> = {
  start: 'See the other findings for why your peer does not start.',
  connect: 'Check whether the other peer is online, and ask for a new connect string.',
  listen: 'Close the page that already listens on this protocol, or choose another protocol.',
  accept: 'Close streams of that page that are no longer needed.',
  find: 'Close pages that look for peers and are no longer needed.',
}

/**
 * Returns the client that has been stalled longest, if any has long enough, and a sentence about the others.
 */
function oldest(
  clients: readonly ClientStatus[],
  since: (client: ClientStatus) => number | undefined,
  atMs: number,
): [client: ClientStatus | undefined, others: string] {
  const stalled = clients
    .filter((client) => atMs - (since(client) ?? atMs) >= MIN_STALL_MS)
    .sort((one, other) => (since(one) ?? 0) - (since(other) ?? 0))
  const more = stalled.length - 1
  return [stalled[0], more > 0 ? ` The same is true of ${more === 1 ? 'one other' : `${more} others`}.` : '']
}

function nameOf({ label, name }: ClientStatus): string {
  return label === '' ? name : label
}
