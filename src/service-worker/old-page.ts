import { escapeHtml } from '../platform/escape-html.ts'
import type { OwnUrls } from './content-security.ts'
import { policyAllows } from './content-security.ts'
import { scriptInsertion } from './script-insertion.ts'

/** Headers that tell of the very bytes that the server sent. */
const OF_THE_BYTES = [
  'accept-ranges',
  'content-digest',
  'content-encoding',
  'content-length',
  'content-md5',
  'digest',
  'etag',
  'repr-digest',
]

/** Statuses whose answers have no document: no content, a part of it, or another place to look. */
function hasDocument({ status }: Response): boolean {
  return (
    status >= 200 && status !== 204 && status !== 205 && status !== 206 && !(status >= 300 && status < 400)
  )
}

/**
 * The answer to a navigation, with our script's tag in its head if it is an HTML page that does not load it: a page that was
 * written for a native relay works so, unchanged.
 *
 * Left as they are: other types and answers without a document, pages that want the browser's own WebSocket (by the header
 * `libp2p-websocket: native` or a meta tag), pages that load our script already, and pages whose own content security policy would
 * refuse it, of which a line in the console tells.
 */
export function withOurScript(response: Response, url: string, own: OwnUrls): Response {
  const { headers, status, statusText, body, type } = response
  // A redirect that the browser follows is opaque here.
  if (type === 'opaqueredirect' || type === 'opaque' || type === 'error') return response
  if (body === null || !hasDocument(response) || !isHtml(headers) || isDownload(headers)) return response
  if (headers.get('libp2p-websocket')?.trim().toLowerCase() === 'native') return response
  const policy = headers.get('content-security-policy')
  if (policy !== null && !policyAllows(policy, own)) {
    sayForbidden(url)
    return response
  }
  const insertion = scriptInsertion({
    // Without a charset of its own the script would be read in the page's encoding: in UTF-16 it would be no script. By the other
    // attribute the script takes its element out of the document.
    tag: `<script src="${escapeHtml(own.script.href)}" charset="utf-8" data-inserted></script>`,
    charset: charsetOf(headers),
    allows: (policy) => policyAllows(policy, own),
    left: (why) => {
      if (why === 'forbidden') sayForbidden(url)
      if (why === 'too-long') sayTooLong(url)
    },
  })
  const changed = new Headers(headers)
  for (const name of OF_THE_BYTES) changed.delete(name)
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

function sayForbidden(url: string): void {
  console.warn(
    `libp2p-websocket: ${url} is left as it is: its content security policy does not let libp2p-websocket.js and its workers run`,
  )
}

function sayTooLong(url: string): void {
  console.warn(
    `libp2p-websocket: ${url} is left as it is: its head is too long to look for its content security policy. Load libp2p-websocket.js in the page itself.`,
  )
}
