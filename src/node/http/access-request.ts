import type { IncomingMessage } from 'node:http'
import type { AccessRequest } from './access.ts'

/** Headers that proxies and load balancers add to requests that they forward. */
const PROXY_HEADERS =
  /^(?:forwarded|via|x-forwarded(?:-.*)?|x-real-ip|x-original-(?:host|url|forwarded-for)|(?:x-)?(?:true-)?(?:cluster-)?client-ip|cf-(?:connecting-ip(?:v6)?|ray|visitor)|cdn-loop|(?:fly|fastly)-client-ip|x-envoy-external-address|x-azure-(?:client|socket)ip)$/u

/**
 * Extracts what {@link judge} needs, with all occurrences of each header. Node's `headers` keeps only one.
 */
export function accessRequest(request: IncomingMessage): AccessRequest {
  const { headers, headersDistinct } = request
  // The name of the Origin header in WebSocket drafts up to version 10 (`Sec-WebSocket-Version: 8`), which
  // `ws` supports too.
  const draftOrigin = headersDistinct['sec-websocket-origin'] ?? []
  const fetchSite = headers['sec-fetch-site']
  return {
    host: headersDistinct['host'] ?? [],
    origin: [...(headersDistinct['origin'] ?? []), ...draftOrigin],
    remoteAddress: request.socket.remoteAddress ?? '',
    forwarded: Object.keys(headers).some((name) => PROXY_HEADERS.test(name)),
    ...(typeof fetchSite === 'string' ? { fetchSite } : {}),
  }
}
