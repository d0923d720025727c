import type { Finding } from './diagnosis.ts'
import type { ClientStatus, Refusal, RelayStatus } from './status.ts'
import { asSentence, lasting, sizeOf } from './words.ts'

/** Milliseconds after which a client that stands still is worth telling: a slow peer holds one up all the time. */
export const HELD_UP_TOLD_MS = 10_000
/** So many times within so many milliseconds the same was asked in vain, before that is told. */
export const REPEATED = 5
export const REPEATED_WITHIN_MS = 60_000

/** What is to be said of the pages and programs that use the peer: one finding of a kind. */
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
    text: `“${nameOf(client)}” has not read what it was sent for ${lasting(forMs)}, so its streams stand still.${others}`,
    action: 'Bring it to the front: browsers slow down what nobody sees. If that does not help, reload it.',
  }
}

function heldUpFinding({ atMs, clients }: RelayStatus): Finding | undefined {
  const since = ({ heldUp }: ClientStatus): number | undefined =>
    heldUp?.why === 'streams' ? heldUp.sinceMs : undefined
  const [client, others] = oldest(clients, since, atMs)
  if (client === undefined) return undefined
  const [slowest] = client.streams.toSorted((one, other) => other.queuedBytes - one.queuedBytes)
  const whom = slowest === undefined ? 'a peer' : `the peer ${slowest.peer}`
  return {
    id: 'client-held-up',
    severity: 'warning',
    text: `“${nameOf(client)}” has been made to wait for ${lasting(atMs - (since(client) ?? atMs))}, as ${whom} does not take what it sends: ${sizeOf(client.queuedBytes)} wait.${others}`,
    action:
      'Wait: the way to that peer may be slow. Or close the stream, so that the others of this page go on.',
  }
}

function refusalFinding({ atMs, refusals, clients }: RelayStatus): Finding | undefined {
  const counts = new Map<string, Refusal[]>()
  for (const refusal of refusals) {
    if (atMs - refusal.atMs > REPEATED_WITHIN_MS) continue
    const { client, what, peer, protocol } = refusal
    const key = JSON.stringify([client, what, peer, protocol])
    counts.set(key, [...(counts.get(key) ?? []), refusal])
  }
  const [most] = [...counts.values()].sort((one, other) => other.length - one.length)
  const last = most?.at(-1)
  if (most === undefined || last === undefined || most.length < REPEATED) return undefined
  const client = clients.find(({ name }) => name === last.client)
  const who = client === undefined ? last.client : nameOf(client)
  return {
    id: 'refusals',
    severity: 'warning',
    text: `${most.length} times within a minute “${who}” ${deedOf(last)} in vain, lastly: ${asSentence(last.reason)}`,
    action: ADVICE[last.what],
  }
}

function deedOf({ what, peer, protocol }: Refusal): string {
  switch (what) {
    case 'start':
      return 'has asked the peer to start'
    case 'connect':
      return `has asked for a stream to ${peer === '' ? 'a peer' : peer} (${protocol})`
    case 'listen':
      return `has asked to listen on ${protocol}`
    case 'accept':
      return `was to be given a stream of ${peer} (${protocol})`
    default:
      return what satisfies never
  }
}

const ADVICE: Readonly<Record<Refusal['what'], string>> = {
  start: 'See what the other findings say of the start.',
  connect: 'See whether the other side is there, and ask it for a new connect string.',
  listen: 'Close the page that listens there already, or choose another protocol.',
  accept: 'Close streams of that page which are not needed any more.',
}

/** The client for which something has lasted longest, if long enough, and words for the others. */
function oldest(
  clients: readonly ClientStatus[],
  since: (client: ClientStatus) => number | undefined,
  atMs: number,
): [client: ClientStatus | undefined, others: string] {
  const standing = clients
    .filter((client) => atMs - (since(client) ?? atMs) >= HELD_UP_TOLD_MS)
    .sort((one, other) => (since(one) ?? 0) - (since(other) ?? 0))
  const more = standing.length - 1
  return [standing[0], more > 0 ? ` So it is with ${more === 1 ? 'one other' : `${more} others`}.` : '']
}

function nameOf({ label, name }: ClientStatus): string {
  return label === '' ? name : label
}
