import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'

/** Whether a request that Node takes for an upgrade asks for a WebSocket. */
export function wantsWebSocket({ headers }: IncomingMessage): boolean {
  return (headers.upgrade ?? '').split(',').some((name) => name.trim().toLowerCase() === 'websocket')
}

/** Headers of a request that offers another protocol. */
const OF_UPGRADES = new Set(['upgrade', 'http2-settings'])

/**
 * Answers a request as if it did not offer another protocol (HTTP/2, as curl and Java do), which RFC 9110 leaves to the server. Node
 * has stopped reading the connection as HTTP then, so it is given to the server once more, the request in front without the offer.
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
  // Headers are read as Latin-1.
  connection.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), rest]))
  server.emit('connection', connection)
}

function withoutOffer(connection: string): string {
  const options = connection.split(',').map((option) => option.trim())
  return options.filter((option) => !OF_UPGRADES.has(option.toLowerCase())).join(', ')
}
