import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'

/** Whether a request that Node treats as an upgrade asks for a WebSocket. */
export function wantsWebSocket({ headers }: IncomingMessage): boolean {
  return (headers.upgrade ?? '').split(',').some((name) => name.trim().toLowerCase() === 'websocket')
}

/** Headers that belong to an offer to upgrade. */
const OF_UPGRADES = new Set(['upgrade', 'http2-settings'])

/**
 * Handles a request as if it didn't offer an upgrade (curl and Java offer HTTP/2), which RFC 9110 allows.
 * Node has stopped parsing the connection as HTTP by then, so the connection is passed to the server again,
 * starting with the request without the offer.
 */
export function ignoreUpgrade(
  server: Server,
  request: IncomingMessage,
  connection: Duplex,
  rest: Buffer,
): void {
  const lines = [`${request.method} ${request.url} HTTP/${request.httpVersion}`]
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
    const [name = '', value = ''] = request.rawHeaders.slice(index, index + 2)
    if (name.toLowerCase() === 'connection') lines.push(`${name}: ${withoutOffer(value)}`)
    else if (!OF_UPGRADES.has(name.toLowerCase())) lines.push(`${name}: ${value}`)
  }
  // Node decodes headers as Latin-1.
  connection.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), rest]))
  server.emit('connection', connection)
}

function withoutOffer(connection: string): string {
  const options = connection.split(',').map((option) => option.trim())
  return options.filter((option) => !OF_UPGRADES.has(option.toLowerCase())).join(', ')
}
