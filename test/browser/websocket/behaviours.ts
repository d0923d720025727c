/** One connection, as either kind of server sees it: `ws` in Node, or `acceptWebSocket` in a worker. */
export interface Peer {
  send(data: Uint8Array<ArrayBuffer> | string): void
  close(code?: number, reason?: string): void
  drop(): void
}

/** What a server does with a connection. */
export interface Behaviour {
  opened?(): void
  message?(data: Uint8Array<ArrayBuffer> | string): void
  closed?(event: { code: number; reason: string }): void
}

/** How a server answers the handshake: with a subprotocol or none, or with a refusal. */
export type Answer = { kind: 'accept'; protocol: string } | { kind: 'refuse' }

export function answer(url: URL): Answer {
  return nameOf(url) === 'refuse'
    ? { kind: 'refuse' }
    : { kind: 'accept', protocol: url.searchParams.get('choose') ?? '' }
}

/** What was received on a `record` socket, for the `report` socket of the same id. */
interface Report {
  messages: string[]
  closed: { code: number; reason: string } | null
}

const reports = new Map<string, Report>()
const waiting = new Map<string, Peer>()

function nameOf(url: URL): string {
  return url.pathname.slice(url.pathname.lastIndexOf('/') + 1)
}

function described(data: Uint8Array | string): string {
  return typeof data === 'string' ? `text ${data}` : `binary ${Array.from(data).join(' ')}`
}

function report(id: string): void {
  const done = reports.get(id)
  if (done?.closed) waiting.get(id)?.send(JSON.stringify(done))
}

/**
 * The server's side of the suite; the last part of the path names the behaviour, the query has its
 * parameters.
 */
export function behave(url: URL, peer: Peer): Behaviour {
  const { searchParams } = url
  const id = searchParams.get('id') ?? ''
  const code = searchParams.has('code') ? Number(searchParams.get('code')) : undefined
  const reason = searchParams.get('reason') ?? ''
  switch (nameOf(url)) {
    case 'echo':
      return { message: (data) => peer.send(data) }
    case 'close':
      return { opened: () => peer.close(code, reason) }
    case 'greet-and-close':
      return {
        opened() {
          for (let number = 0; number < 5; number++) peer.send(`greeting ${number}`)
          peer.close(code, reason)
        },
      }
    case 'burst':
      return {
        message() {
          for (let number = 0; number < 5; number++) peer.send(`burst ${number}`)
        },
      }
    case 'close-when-told':
      return { message: () => peer.close(code, reason) }
    case 'drop-when-told':
      return { message: () => peer.drop() }
    case 'record': {
      const record: Report = { messages: [], closed: null }
      reports.set(id, record)
      return {
        message: (data) => void record.messages.push(described(data)),
        closed(event) {
          record.closed = event
          report(id)
        },
      }
    }
    case 'report':
      return {
        opened() {
          waiting.set(id, peer)
          report(id)
        },
      }
    default:
      return {}
  }
}
