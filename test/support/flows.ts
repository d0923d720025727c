import type { Page } from 'puppeteer-core'
import type * as client from '../../src/client/index.ts'
import { until } from './until.ts'

/*
 * Streams of known content between lab pages. The dialing page sends a name, a length and random bytes; the
 * listening page answers with the SHA-256 of those bytes. So each side can distinguish a complete stream from
 * one that ended too early.
 */

/** A page of any browser. */
export type Evaluates = Pick<Page, 'evaluate'>

/** The outcome of a stream, as the dialing side sees it. */
export interface Flow {
  sentBytes: number
  /** How the bytes have travelled: first when it was opened, then after each change. */
  links: client.Connection['link'][]
  /** The sender waits until it may send more. */
  isWaiting: boolean
  /** The other side has confirmed every byte. */
  isWhole: boolean
  /** The end that the relay reported, and when. */
  end?: { reason: string; clean: boolean; atMs: number }
  /** The reason why it was not opened. */
  refused?: string
  /** What the page did not expect. */
  failure?: string
}

/** The outcome of a stream, as the listening side sees it. */
export interface HeardFlow {
  wantedBytes: number
  gotBytes: number
  /** As in {@link Flow}. */
  links: client.Connection['link'][]
  end?: { reason: string; clean: boolean }
}

export interface FlowInit {
  peer: string
  addresses: string[]
  protocol: string
  totalBytes: number
  /** As in Connect; default none. */
  relay?: string
  /** As in Connect; default true. */
  lasting?: boolean
  /** Milliseconds between two chunks of 64 KiB; default none. Sending continues, however long that takes. */
  paceMs?: number
  /**
   * Whether the last chunk waits for {@link releaseFlow}, so that the flow is still running then, however
   * slow the machine is. Default false.
   */
  holds?: boolean
}

/** Listens in the page for flows, which {@link heardFlows} returns. */
export async function listenFlows(page: Evaluates, protocol: string): Promise<void> {
  await page.evaluate(async (protocol) => {
    const heard: Record<string, HeardFlow> = {}
    lab['heard'] = heard
    const listener = await (lab['client'] as client.Client).listen(protocol, { frames: false })
    const serve = async (connection: client.Connection): Promise<void> => {
      const flow: HeardFlow = { wantedBytes: -1, gotBytes: 0, links: [connection.link] }
      connection.addEventListener('linkchange', () => flow.links.push(connection.link))
      let name = `unnamed ${connection.id}`
      heard[name] = flow
      void connection.closed.then(({ reason, clean }) => {
        flow.end = { reason, clean }
      })
      const chunks: Uint8Array<ArrayBuffer>[] = []
      let gotBytes = 0
      for await (const chunk of connection) {
        chunks.push(new Uint8Array(chunk))
        gotBytes += chunk.byteLength
        if (flow.wantedBytes < 0 && gotBytes >= 64) {
          const head = new Uint8Array(await new Blob(chunks.splice(0)).arrayBuffer())
          const [title = '', length = ''] = new TextDecoder().decode(head.subarray(0, 64)).trim().split(' ')
          delete heard[name]
          name = title
          heard[name] = flow
          flow.wantedBytes = Number(length)
          chunks.push(head.slice(64))
        }
        flow.gotBytes = Math.max(0, gotBytes - 64)
        if (flow.gotBytes !== flow.wantedBytes) continue
        const noise = await new Blob(chunks).arrayBuffer()
        connection.send(new Uint8Array(await crypto.subtle.digest('SHA-256', noise)))
      }
    }
    void (async () => {
      // `closed` reports the end, so the exception that the reader gets says nothing new.
      for await (const connection of listener) serve(connection).catch(() => undefined)
    })()
  }, protocol)
}

/** The number of bytes before the random ones: the name and the length. */
const HEAD_BYTES = 64

/** Opens a stream from the page and starts sending. `name` is short and has no spaces. */
export async function startFlow(page: Evaluates, name: string, init: FlowInit): Promise<void> {
  if (`${name} ${init.totalBytes}`.length > HEAD_BYTES) throw new Error(`${name} is too long a name`)
  await page.evaluate(
    async (
      name,
      { peer, addresses: addrs, protocol, totalBytes, relay = '', lasting = true, paceMs = 0, holds = false },
    ) => {
      const flow: Flow = { sentBytes: 0, links: [], isWaiting: false, isWhole: false }
      const released = Promise.withResolvers<void>()
      const releases = (lab['releases'] ??= {}) as Record<string, () => void>
      releases[name] = released.resolve
      if (!holds) released.resolve()
      const flows = (lab['flows'] ??= {}) as Record<string, Flow>
      flows[name] = flow
      let connection: client.Connection
      try {
        connection = await (lab['client'] as client.Client).dial({ peer, addrs }, protocol, {
          relay,
          lasting,
          frames: false,
        })
      } catch (error) {
        flow.refused = String(error)
        return
      }
      flow.links.push(connection.link)
      connection.addEventListener('linkchange', () => flow.links.push(connection.link))
      void connection.closed.then(({ reason, clean }) => {
        flow.end = { reason, clean, atMs: Date.now() }
      })
      const send = async (): Promise<string> => {
        const noise = new Uint8Array(totalBytes)
        connection.send(new TextEncoder().encode(`${name} ${totalBytes}`.padEnd(64)))
        for (let start = 0; start < totalBytes && flow.end === undefined; start += 65_536) {
          const chunk = crypto.getRandomValues(noise.subarray(start, start + 65_536))
          if (start + chunk.byteLength === totalBytes) await released.promise
          flow.isWaiting = !connection.send(chunk)
          if (flow.isWaiting) await connection.drain()
          flow.sentBytes += chunk.byteLength
          if (paceMs > 0) await new Promise((resolve) => setTimeout(resolve, paceMs))
        }
        return String(new Uint8Array(await crypto.subtle.digest('SHA-256', noise)))
      }
      const hear = async (): Promise<string> => {
        const answer: number[] = []
        for await (const chunk of connection) {
          answer.push(...chunk)
          if (answer.length >= 32) break
        }
        return String(answer)
      }
      void Promise.all([send(), hear()]).then(
        ([sent, heard]) => {
          flow.isWhole = sent === heard
          if (flow.isWhole) connection.close()
          else if (flow.end?.clean !== false) flow.failure = 'it ended in order before it was whole'
        },
        // `closed` reports the end, so the exception while sending or reading says nothing new.
        (error: unknown) => {
          if ((error as { code?: string }).code === 'ERR_CONNECTION_CLOSED') return
          flow.failure = String(error)
        },
      )
    },
    name,
    init,
  )
}

/** Lets the last chunk of a flow leave, if it holds that back. */
export const releaseFlow = async (page: Evaluates, name: string): Promise<void> =>
  page.evaluate((name) => (lab['releases'] as Record<string, () => void>)[name]?.(), name)

/** The flows that the page has started, by name. */
export const flowsOf = async (page: Evaluates): Promise<Record<string, Flow>> =>
  page.evaluate(() => (lab['flows'] ?? {}) as Record<string, Flow>)

/** The flows that the page has received, by name. */
export const heardFlows = async (page: Evaluates): Promise<Record<string, HeardFlow>> =>
  page.evaluate(() => (lab['heard'] ?? {}) as Record<string, HeardFlow>)

/**
 * The named flow of the page once it has come so far. Rejects if it was refused, has failed, or ends before.
 */
export async function untilFlow(
  page: Evaluates,
  name: string,
  what: string,
  isSo: (flow: Flow) => boolean,
): Promise<Flow> {
  return await until(
    `${name}: ${what}`,
    async () => {
      const flow = (await flowsOf(page))[name]
      if (flow === undefined) return undefined
      if (isSo(flow)) return flow
      const over = flow.failure ?? flow.refused ?? flow.end?.reason
      if (over !== undefined) throw new Error(`${name}, waiting for ${what}: ${over}`)
      return undefined
    },
    60_000,
  )
}
