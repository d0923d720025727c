import type { IncomingMessage } from 'node:http'
import type { AccessRequest } from './access.ts'

/** Headers by which proxies, and what stands before them, say that they pass a request on, or for whom. */
const PROXY_HEADERS =
  /^(?:forwarded|via|x-forwarded(?:-.*)?|x-real-ip|x-original-(?:host|url|forwarded-for)|(?:x-)?(?:true-)?(?:cluster-)?client-ip|cf-(?:connecting-ip(?:v6)?|ray|visitor)|cdn-loop|(?:fly|fastly)-client-ip|x-envoy-external-address|x-azure-(?:client|socket)ip)$/u

/** What is judged of an HTTP request: its headers with all their occurrences, of which Node's `headers` keeps one. */
export function accessRequest(request: IncomingMessage): AccessRequest {
  const { headers, headersDistinct } = request
  // As the drafts of WebSocket up to version 10 called it (`Sec-WebSocket-Version: 8`), which `ws` speaks too.
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
