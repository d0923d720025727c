import type { FromPage, FromServiceWorker, Kept, TabInTheWay, ToPage } from './page-messages.ts'
import { readFromPage, readToServiceWorker } from './page-messages.ts'
import type { ServiceWorkerScope, WindowClient } from './platform.ts'

/** Milliseconds that a page has to answer before it counts as silent. */
export const DEFAULT_ANSWER_TIMEOUT_MS = 3_000

/**
 * Answers the messages of pages. A new service worker normally waits until the last tab of the old build is
 * closed. When a page asks it to take over sooner, it does so only if every tab agrees to reload, so that
 * pages, SharedWorker and service worker are always of one build.
 *
 * @param keep fetches the files that are no longer stored
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
  // Controls the pages of a first visit too, so that `matchAll` lists every open page.
  scope.addEventListener('activate', (event) => event.waitUntil(scope.clients.claim()))
}

async function takeOver(scope: ServiceWorkerScope, port: MessagePort): Promise<void> {
  const clients = await scope.clients.matchAll({ type: 'window', includeUncontrolled: true })
  // A frame reloads with its page, so only the page is asked.
  const tabs = clients.filter(
    ({ url, frameType }) => url.startsWith(scope.registration.scope) && frameType !== 'nested',
  )
  const answers = await Promise.all(
    tabs.map(async (client): Promise<TabInTheWay[]> => {
      const reply = await ask(client)
      return reply?.may === true ? [] : [{ url: client.url, why: reply === undefined ? 'silent' : 'streams' }]
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
