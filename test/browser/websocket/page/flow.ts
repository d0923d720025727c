import { filled, sha256 } from '../bytes.ts'
import type { InstalledGlobals } from './install.ts'

declare const ours: InstalledGlobals['ours']
declare const make: InstalledGlobals['make']
declare const bring: InstalledGlobals['bring']

function next<E extends Event = Event>(target: EventTarget, type: string): Promise<E> {
  return new Promise((resolve) => {
    target.addEventListener(type, (event) => resolve(event as E), { once: true })
  })
}

async function open(path: string): Promise<WebSocket> {
  const socket = new WebSocket(`/ours/${path}`)
  socket.binaryType = 'arraybuffer'
  await next(socket, 'open')
  return socket
}

async function ask<T>(socket: WebSocket, question: string): Promise<T> {
  const answer = next<MessageEvent<string>>(socket, 'message')
  socket.send(question)
  return JSON.parse((await answer).data) as T
}

/** Asks again until the answer is right; the test has the timeout. */
async function askUntil<T>(socket: WebSocket, question: string, right: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask<T>(socket, question)
    if (right(answer)) return answer
  }
}

interface Held {
  bytes: number
  messages: number
  sha: string
}

const functions = {
  /** Receives `bytes` in chunks; the page blocks for `blockMs` when the first one arrives. */
  async pour(bytes: number, chunk: number, blockMs: number) {
    const socket = await open(`pour?bytes=${bytes}&chunk=${chunk}`)
    const parts: ArrayBuffer[] = []
    const end = new Promise<{ sha: string; peak: number }>((resolve) => {
      socket.addEventListener('message', ({ data }: MessageEvent<string | ArrayBuffer>) => {
        if (typeof data === 'string') resolve(JSON.parse(data) as { sha: string; peak: number })
        else if (parts.push(data) === 1) {
          const until = performance.now() + blockMs
          while (performance.now() < until);
        }
      })
    })
    socket.send('go')
    const told = await end
    socket.close()
    const got = new Uint8Array(await new Blob(parts).arrayBuffer())
    return { ...told, received: got.byteLength, receivedSha: await sha256(got) }
  },

  /** Sends `bytes` to a worker that holds everything at first, then releases it. */
  async hold(bytes: number, chunk: number) {
    const socket = await open('hold')
    const control = await open('control')
    const all = filled(bytes)
    for (let offset = 0; offset < bytes; offset += chunk) {
      // Every third message is a Blob, which must neither overtake nor be overtaken.
      const part = all.subarray(offset, offset + chunk)
      socket.send((offset / chunk) % 3 === 0 ? new Blob([part]) : part)
    }
    const wanted = await sha256(all)
    let before = -1
    const held = await askUntil<Held>(control, 'state', ({ bytes }) => {
      const still = bytes === before && bytes > 0
      before = bytes
      return still
    })
    const amountWhileHeld = socket.bufferedAmount
    await ask(control, 'release')
    await askUntil<Held>(control, 'state', (now) => now.bytes === bytes && socket.bufferedAmount === 0)
    const { sha } = await ask<Held>(control, 'sha')
    socket.close()
    control.close()
    return { held: held.bytes, amountWhileHeld, amountAfter: socket.bufferedAmount, wanted, sha }
  },

  /** One socket is stuck; ten others continue. */
  async stuck() {
    const stuck = await open('hold')
    stuck.send(new Uint8Array(4_000_000))
    stuck.send(new Uint8Array(4_000_000))
    const answers = await Promise.all(
      Array.from({ length: 10 }, async (_, index) => {
        const socket = await open('echo')
        const answer = next<MessageEvent>(socket, 'message')
        socket.send(`to ${index}`)
        const { data } = await answer
        socket.close()
        return data as string
      }),
    )
    return { answers, amount: stuck.bufferedAmount }
  },

  /** A socket whose data nobody reads is closed. */
  async closeStuck() {
    const impatient = make({ closeTimeoutMs: 1 })
    const socket = new impatient.WebSocket('/ours/hold')
    await next(socket, 'open')
    socket.send(new Uint8Array(2_000_000))
    socket.send(new Uint8Array(3))
    socket.close(4000)
    let failed = false
    socket.addEventListener('error', () => (failed = true))
    const { code, wasClean } = await next<CloseEvent>(socket, 'close')
    return { code, wasClean, failed, stranded: socket.bufferedAmount, open: impatient.openSockets }
  },

  /** Sends many small messages there and back; returns how many per second. */
  async small(count: number) {
    const socket = await open('echo')
    let got = 0
    const all = new Promise<void>((resolve) => {
      socket.addEventListener('message', () => {
        got += 1
        if (got === count) resolve()
      })
    })
    const start = performance.now()
    for (let number = 0; number < count; number++) socket.send('a')
    await all
    const perSecond = Math.round((count / (performance.now() - start)) * 1000)
    socket.close()
    return { got, perSecond, amountAfter: socket.bufferedAmount }
  },

  /**
   * Sockets whose other end closes its port right after its last message; returns what each of them has seen.
   */
  async lastWords(rounds: number) {
    const seen = new Set<string>()
    async function listen(path: string): Promise<void> {
      const socket = new WebSocket(`/ours/${path}`)
      const events: string[] = []
      socket.addEventListener('open', () => events.push('open'))
      socket.addEventListener('message', ({ data }: MessageEvent<string>) => events.push(data))
      socket.addEventListener('error', () => events.push('error'))
      const { code, wasClean } = await next<CloseEvent>(socket, 'close')
      seen.add(`${path}: ${events.join(', ')}, ${code} ${wasClean}`)
    }
    for (let round = 0; round < rounds; round++) {
      await Promise.all(['refuse', 'words-and-drop', 'words-and-close'].map(listen))
    }
    return [...seen].sort()
  },

  /**
   * Sockets that the page abandons or closes right after its last message; returns, by kind, how the worker
   * saw them end.
   */
  async earlyEnds(count: number) {
    const observer = await open('ended')
    const late = make({ open: (_request, port) => void setTimeout(bring, 0, port) })
    for (let number = 0; number < count; number++) {
      // Before its port has reached the worker, and before it has even left the page.
      new WebSocket('/ours/given-up').close()
      new late.WebSocket('/ours/given-up-early').close()
      const socket = new WebSocket('/ours/closed-at-once')
      socket.addEventListener('open', () => {
        socket.send('last words')
        socket.close(4000)
      })
    }
    type End = { path: string; code: number; wasClean: boolean }
    const paths = ['/ours/given-up', '/ours/given-up-early', '/ours/closed-at-once']
    const ended = await askUntil<End[]>(observer, 'tell', (list) =>
      paths.every((path) => list.filter((end) => end.path === path).length === count),
    )
    observer.close()
    const kinds = ended.map(({ path, code, wasClean }) => `${path} ${code} ${wasClean}`)
    return [...new Set(kinds)].filter((kind) => paths.some((path) => kind.startsWith(`${path} `))).sort()
  },

  /** Fails every socket; returns what each of them, connecting, open or closing, then dispatches. */
  async failAll() {
    const observer = await open('ended')
    const known = await ask<{ code: number }[]>(observer, 'tell')
    const lostBefore = known.filter(({ code }) => code === 1006).length
    const before = ours.openSockets
    const silent = new WebSocket('/ours/silent')
    const opened = await open('echo')
    const closing = await open('hold')
    closing.send(new Uint8Array(1))
    closing.close()
    const events: string[] = []
    const sockets = { silent, opened, closing, observer }
    const ends = Object.entries(sockets).map(([name, socket]) => {
      socket.addEventListener('error', () => events.push(`${name} error ${socket.readyState}`))
      socket.addEventListener('close', ({ code, reason, wasClean }) => {
        events.push(`${name} close ${code} ${reason} ${wasClean}`)
      })
      return next(socket, 'close')
    })
    const during = ours.openSockets
    ours.failAll()
    ours.failAll()
    opened.send('lost')
    const early = events.length
    await Promise.all(ends)
    const after = ours.openSockets
    const second = await open('ended')
    const ended = await askUntil<{ code: number }[]>(
      second,
      'tell',
      (list) => list.filter(({ code }) => code === 1006).length >= lostBefore + 3,
    )
    second.close()
    return { before, during, after, early, events, lost: opened.bufferedAmount, ended: ended.length }
  },
}

Object.assign(globalThis, functions)

/** What this script adds to the page's globals. */
export type FlowFunctions = typeof functions
