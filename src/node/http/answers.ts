import type { IncomingMessage, ServerResponse } from 'node:http'
import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Verdict } from './access.ts'

/** Answers with one line of plain text. */
export function say(response: ServerResponse, status: number, sentence: string): void {
  // The client may have sent more on this connection before it knew this answer.
  if (status >= 400 && status !== 404 && !response.hasHeader('connection')) {
    response.setHeader('connection', 'close')
  }
  const body = `${sentence}\n`
  response.setHeader('content-type', 'text/plain; charset=utf-8')
  response.setHeader('content-length', Buffer.byteLength(body))
  response.writeHead(status).end(body)
}

/**
 * Answers with a JSON document made for this request. Origins allowed by `-origin` may read it.
 *
 * @throws TypeError if it can't be serialised as JSON
 */
export function sayJson(
  request: IncomingMessage,
  response: ServerResponse,
  verdict: Verdict,
  content: unknown,
): void {
  // Undefined for a value that has no JSON, such as a function, which the type doesn't say.
  const body = JSON.stringify(content) as string | undefined
  if (body === undefined) throw new TypeError('the content cannot be serialised as JSON')
  response.setHeader('cache-control', 'no-store')
  response.setHeader('content-type', 'application/json; charset=utf-8')
  response.setHeader('vary', 'origin')
  const { origin } = request.headers
  if (verdict.kind === 'allowed' && verdict.as === 'added' && origin !== undefined) {
    response.setHeader('access-control-allow-origin', origin)
  }
  response.setHeader('content-length', Buffer.byteLength(body))
  response.writeHead(200).end(body)
}

/** Answers with a text made for this request. */
export function sayText(response: ServerResponse, contentType: string, body: string): void {
  response.setHeader('cache-control', 'no-store')
  response.setHeader('content-type', contentType)
  response.setHeader('content-length', Buffer.byteLength(body))
  response.writeHead(200).end(body)
}

/** Answers an upgrade with an HTTP error and one line of text, and closes the connection. */
export function refuseUpgrade(connection: Duplex, status: number, sentence: string): void {
  const body = `${sentence}\n`
  connection.once('finish', () => connection.destroy())
  connection.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n` +
      'connection: close\r\n' +
      'content-type: text/plain; charset=utf-8\r\n' +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}
