import type { CaseContext } from '../case.ts'
import { cases } from '../cases/index.ts'
import { closeConstructed } from '../cases/loose.ts'

const WAIT_MS = 10_000

let lastId = 0

function createContext(base: string): CaseContext {
  const context: CaseContext = {
    path(behaviour, parameters = {}) {
      const query = new URLSearchParams(parameters).toString()
      return `${base}${behaviour}${query === '' ? '' : `?${query}`}`
    },
    id: () => `${base}${performance.timeOrigin}-${(lastId += 1)}`,
    equal(got, wanted, what = 'value') {
      const [gotText, wantedText] = [JSON.stringify(got), JSON.stringify(wanted)]
      if (gotText !== wantedText) throw new Error(`${what}: got ${gotText}, wanted ${wantedText}`)
    },
    thrown(action) {
      try {
        action()
      } catch (error) {
        return error instanceof DOMException || error instanceof Error ? error.name : 'something else'
      }
      return 'nothing'
    },
    next: <E extends Event>(target: EventTarget, type: string) =>
      new Promise<E>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`waited ${WAIT_MS} ms for ${type}`)), WAIT_MS)
        const listener = (event: Event): void => {
          clearTimeout(timer)
          resolve(event as E)
        }
        target.addEventListener(type, listener, { once: true })
      }),
    async open(behaviour, parameters) {
      const socket = new WebSocket(context.path(behaviour, parameters))
      await context.next(socket, 'open')
      return socket
    },
    async report(id) {
      const socket = new WebSocket(context.path('report', { id }))
      const { data } = await context.next<MessageEvent>(socket, 'message')
      socket.close()
      return JSON.parse(data as string) as Awaited<ReturnType<CaseContext['report']>>
    },
  }
  return context
}

/** Runs one case; returns its error, or null. */
async function run(base: string, title: string): Promise<string | null> {
  try {
    await cases[title]?.(createContext(base))
    return title in cases ? null : `there is no case ${title}`
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    await closeConstructed()
  }
}

Object.assign(globalThis, { run })
