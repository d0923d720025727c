import { escapeHtml } from '../platform/escape-html.ts'
import type { OwnUrls } from './content-security.ts'
import { policyAllows } from './content-security.ts'
import { scriptInsertion } from './script-insertion.ts'

/** Headers that describe the exact bytes of the server's answer. */
const BYTE_HEADERS = [
  'accept-ranges',
  'content-digest',
  'content-encoding',
  'content-length',
  'content-md5',
  'digest',
  'etag',
  'repr-digest',
]

/** Returns whether an answer of this status can be a whole document: not empty, not partial, no redirect. */
function hasDocument({ status }: Response): boolean {
  return (
    status >= 200 && status !== 204 && status !== 205 && status !== 206 && !(status >= 300 && status < 400)
  )
}

/**
 * Inserts our script's tag into the head of an HTML page, so that pages written for a native relay work
 * unchanged.
 *
 * These are returned as they are: other types, answers without a whole document, pages that ask for the
 * browser's own WebSocket (by the header `libp2p-websocket: native` or a meta tag), pages that load our
 * script themselves, and pages whose content security policy would block it. The last case is logged.
 */
export function withOurScript(response: Response, url: string, own: OwnUrls): Response {
  const { headers, status, statusText, body, type } = response
  // The browser follows a redirect of a navigation itself; here it is opaque.
  if (type === 'opaqueredirect' || type === 'opaque' || type === 'error') return response
  if (body === null || !hasDocument(response) || !isHtml(headers) || isDownload(headers)) return response
  if (headers.get('libp2p-websocket')?.trim().toLowerCase() === 'native') return response
  const policy = headers.get('content-security-policy')
  if (policy !== null && !policyAllows(policy, own)) {
    warnForbidden(url)
    return response
  }
  const insertion = scriptInsertion({
    // Without `charset` the script would be decoded in the page's encoding, which fails for UTF-16.
    // `data-inserted` tells the script to remove its element from the document.
    tag: `<script src="${escapeHtml(own.script.href)}" charset="utf-8" data-inserted></script>`,
    charset: charsetOf(headers),
    allows: (policy) => policyAllows(policy, own),
    left: (why) => {
      if (why === 'forbidden') warnForbidden(url)
      if (why === 'too-long') warnTooLong(url)
    },
  })
  const changed = new Headers(headers)
  for (const name of BYTE_HEADERS) changed.delete(name)
  return new Response(
    body.pipeThrough(insertion as TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>),
    {
      status,
      statusText,
      headers: changed,
    },
  )
}

function isHtml(headers: Headers): boolean {
  return /^text\/html\s*(?:;|$)/iu.test(headers.get('content-type')?.trim() ?? '')
}

function isDownload(headers: Headers): boolean {
  return /^attachment\b/iu.test(headers.get('content-disposition')?.trim() ?? '')
}

function charsetOf(headers: Headers): string {
  return /;\s*charset\s*=\s*"?([^\s";]+)/iu.exec(headers.get('content-type') ?? '')?.[1] ?? ''
}

function warnForbidden(url: string): void {
  console.warn(
    `libp2p-websocket: ${url} was left unchanged: its content security policy blocks libp2p-websocket.js or its workers.`,
  )
}

function warnTooLong(url: string): void {
  console.warn(
    `libp2p-websocket: ${url} was left unchanged: its head is too long to search for a content security policy. Load libp2p-websocket.js in the page itself.`,
  )
}
