import type { FromPage, FromServiceWorker, Kept, TabInTheWay, ToPage } from './page-messages.ts'
import { readFromPage, readToServiceWorker } from './page-messages.ts'
import type { ServiceWorkerScope, WindowClient } from './platform.ts'

/** Milliseconds that a page has to answer; one that does not is in the way. */
export const DEFAULT_ANSWER_TIMEOUT_MS = 3_000

/**
 * Lets a new build take over only when every tab of the site agrees to begin anew, so that pages, their worker and the service
 * worker are always of one build. `keep` looks whether everything is kept, and mends it. A new service worker waits by itself until the last tab of the old build is closed; a page may
 * ask it not to.
 */
export function answerPages(scope: ServiceWorkerScope, build: string, keep: () => Promise<Kept>): void {
  scope.addEventListener('message', (event) => {
    const question = readToServiceWorker(event.data)
    const [port] = event.ports
    if (question === undefined || port === undefined) return
    switch (question.type) {
      case 'build':
        answer(port, { type: 'build', build })
        return
      case 'keep':
        event.waitUntil(keep().then((kept) => answer(port, { type: 'kept', ...kept })))
        return
      case 'take-over':
        event.waitUntil(takeOver(scope, port))
        return
      default:
        question satisfies never
    }
  })
  // The pages of a first visit are the service worker's from now on: it has to know of each that is open.
  scope.addEventListener('activate', (event) => event.waitUntil(scope.clients.claim()))
}

async function takeOver(scope: ServiceWorkerScope, port: MessagePort): Promise<void> {
  const clients = await scope.clients.matchAll({ type: 'window', includeUncontrolled: true })
  // A frame goes with the page that it is in.
  const tabs = clients.filter(
    ({ url, frameType }) => url.startsWith(scope.registration.scope) && frameType !== 'nested',
  )
  const answers = await Promise.all(
    tabs.map(async (client): Promise<TabInTheWay[]> => {
      const said = await ask(client)
      return said?.may === true ? [] : [{ url: client.url, why: said === undefined ? 'silent' : 'streams' }]
    }),
  )
  const inTheWay = answers.flat()
  if (inTheWay.length > 0) return answer(port, { type: 'held-up', tabs: inTheWay })
  answer(port, { type: 'taken-over' })
  await scope.skipWaiting()
}

async function ask(client: WindowClient): Promise<FromPage | undefined> {
  const { port1, port2 } = new MessageChannel()
  try {
    return await new Promise((resolve) => {
      const timer = setTimeout(() => resolve(undefined), DEFAULT_ANSWER_TIMEOUT_MS)
      port1.onmessage = ({ data }) => {
        clearTimeout(timer)
        resolve(readFromPage(data))
      }
      client.postMessage({ type: 'may-take-over' } satisfies ToPage, [port2])
    })
  } finally {
    port1.close()
  }
}

function answer(port: MessagePort, message: FromServiceWorker): void {
  port.postMessage(message)
  port.close()
}
