import type { IncomingMessage } from 'node:http'
import type { AccessRequest } from './access.ts'

/** Headers by which a proxy says that it passes a request on. */
const PROXY_HEADERS = ['forwarded', 'via', 'x-forwarded-for', 'x-real-ip'] as const

/** What is judged of an HTTP request: its headers with all their occurrences, of which Node's `headers` keeps one. */
export function accessRequest(request: IncomingMessage): AccessRequest {
  const { headers, headersDistinct } = request
  const fetchSite = headers['sec-fetch-site']
  return {
    host: headersDistinct['host'] ?? [],
    origin: headersDistinct['origin'] ?? [],
    remoteAddress: request.socket.remoteAddress ?? '',
    forwarded: PROXY_HEADERS.some((name) => headers[name] !== undefined),
    ...(typeof fetchSite === 'string' ? { fetchSite } : {}),
  }
}
