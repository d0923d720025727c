import type { IncomingMessage, ServerResponse } from 'node:http'
import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Verdict } from './access.ts'

/** Answers with one sentence of plain text. */
export function say(response: ServerResponse, status: number, sentence: string): void {
  // Whatever follows on this connection was sent by somebody who did not know this answer.
  if (status >= 400 && status !== 404 && !response.hasHeader('connection')) {
    response.setHeader('connection', 'close')
  }
  const body = `${sentence}\n`
  response.setHeader('content-type', 'text/plain; charset=utf-8')
  response.setHeader('content-length', Buffer.byteLength(body))
  response.writeHead(status).end(body)
}

/**
 * Answers with a document that was made for this request, which an origin that `-origin` names may read.
 *
 * @throws TypeError it cannot be written as JSON
 */
export function sayJson(
  request: IncomingMessage,
  response: ServerResponse,
  verdict: Verdict,
  content: unknown,
): void {
  const body = JSON.stringify(content)
  if (body === undefined) throw new TypeError('there is nothing to tell')
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

/** Answers with a text of this media type that was made for this request. */
export function sayText(response: ServerResponse, contentType: string, body: string): void {
  response.setHeader('cache-control', 'no-store')
  response.setHeader('content-type', contentType)
  response.setHeader('content-length', Buffer.byteLength(body))
  response.writeHead(200).end(body)
}

/** Answers an upgrade with an error and one sentence, and ends the connection. */
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
