import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'puppeteer-core'
import type { PeerReport } from '../../src/admin/index.ts'
import { ADMIN_PROTOCOL, readAdminResponse } from '../../src/admin/index.ts'
import type * as client from '../../src/client/index.ts'
import { bundle } from './bundle.ts'

declare global {
  /** The typed client, in a lab page. */
  var libp2pClient: typeof client
  /** What a test keeps in its page between two steps. */
  var lab: Record<string, unknown>
}

const PAGE = (
  script: string,
): string => `<!doctype html><html><head>${script}<script src="/client.js"></script>
<script>var lab = {}</script><title>lab</title></head><body></body></html>`

/**
 * A directory with two bare pages that have the typed client: `/lab.html` with our script, `/native.html`
 * without.
 */
export async function makeLab(): Promise<{ directory: string; remove(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'lab-'))
  await writeFile(join(directory, 'client.js'), await bundle('src/client/index.ts', 'libp2pClient'))
  await writeFile(join(directory, 'lab.html'), PAGE('<script src="/libp2p-websocket.js"></script>'))
  await writeFile(join(directory, 'native.html'), PAGE(''))
  return { directory, remove: () => rm(directory, { recursive: true, force: true }) }
}

/** The status of the page's peer, as a page of the site gets it. */
export async function reportOf(page: Page): Promise<PeerReport> {
  const report = await page.evaluate(async (protocol) => {
    const socket = new WebSocket(libp2pClient.relayUrl(location.href), [protocol])
    socket.binaryType = 'arraybuffer'
    try {
      const answer = await new Promise<ArrayBuffer>((resolve, reject) => {
        socket.addEventListener('open', () =>
          socket.send(new TextEncoder().encode('{"id":1,"question":{"type":"report"}}')),
        )
        socket.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) => resolve(data))
        socket.addEventListener('close', () => reject(new Error('the peer cannot be asked')))
      })
      return new TextDecoder().decode(answer)
    } finally {
      socket.close()
    }
  }, ADMIN_PROTOCOL)
  const response = readAdminResponse(new TextEncoder().encode(report))
  if (response?.ok !== true) throw new Error(`the peer does not answer: ${report}`)
  return response.answer as PeerReport
}

/** Connects the page's client and returns its peer's ID and addresses. */
export async function connectLab(
  page: Pick<Page, 'evaluate'>,
): Promise<{ peer: string; addresses: string[]; public: boolean }> {
  return await page.evaluate(async () => {
    const connected = await libp2pClient.connect(libp2pClient.relayUrl(location.href))
    lab['client'] = connected
    return { peer: connected.peer, addresses: [...connected.addresses], public: connected.public }
  })
}

/**
 * Listens in the page; `mode` says whether it echoes or feeds incoming connections before it counts and
 * hashes the rest.
 */
export async function listenLab(page: Page, protocol: string, mode: 'echo' | 'hash' | 'feed'): Promise<void> {
  await page.evaluate(
    async (protocol, mode) => {
      const connected = lab['client'] as client.Client
      const listener = await connected.listen(protocol, { frames: mode === 'echo' })
      const serve = async (connection: client.Connection): Promise<void> => {
        if (mode === 'echo') {
          for await (const message of connection) connection.send(message)
          return
        }
        if (mode === 'hash') {
          const chunks: Uint8Array<ArrayBuffer>[] = []
          for await (const message of connection) chunks.push(new Uint8Array(message))
          const bytes = new Uint8Array(await new Blob(chunks).arrayBuffer())
          const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
          lab['received'] = {
            bytes: bytes.byteLength,
            hash: [...digest].join(' '),
            end: await connection.closed,
          }
          return
        }
        const payload = lab['payload'] as Uint8Array
        for (let start = 0; start < payload.byteLength; start += 65_536) {
          if (!connection.send(payload.subarray(start, start + 65_536))) await connection.drain()
        }
        connection.close()
      }
      void (async () => {
        for await (const connection of listener) {
          serve(connection).catch((error: unknown) => {
            lab['failure'] = String(error)
          })
        }
      })()
    },
    protocol,
    mode,
  )
}
