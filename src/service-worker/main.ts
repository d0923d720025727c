import type { PrecacheEntry } from 'workbox-precaching'
import { registerRoute } from 'workbox-routing'
import { FolderStore } from '../folders/index.ts'
import { absoluteAnswer, folderAnswer, isFolderUrl } from './folder-answer.ts'
import { FolderClients } from './folder-clients.ts'
import { isLoopbackHost } from '../platform/loopback.ts'
import { askServer, isAbandoned } from './local-server.ts'
import { KeptNetworkFile } from './network-file.ts'
import { withOurScript } from './response-with-script.ts'
import type { ServiceWorkerScope } from './platform.ts'
import { SiteFiles } from './site-files.ts'
import { answerPages } from './take-over.ts'

/** Identifies the build of this script. The bundler inserts it. */
declare const __BUILD__: string
/** The build inserts the list of the site's files. */
declare const self: ServiceWorkerScope & { __WB_MANIFEST: PrecacheEntry[] }

const script = new URL(self.location.href)
const root = new URL('./', script)
const own = {
  script: new URL('libp2p-websocket.js', root),
  workers: [new URL('relay-worker.js', root), new URL('rtc-pump.js', root)],
}
/**
 * On this machine, different programs use the same port at different times: our command, with or without the
 * user's own files, or an unrelated program. There the server is asked before a stored file is used.
 */
const isLocal = isLoopbackHost(root.hostname)
const folders = new FolderStore()
const folderClients = new FolderClients(self.clients, root)
/** These paths are always the site's own, even if a page of a folder requests them. */
const ownPaths = new Set(
  [
    own.script,
    ...own.workers,
    ...['rtc-lender.js', 'native-relay.js', 'network.json'].map((name) => new URL(name, root)),
  ].map(({ pathname }) => pathname),
)

const networkFile = new KeptNetworkFile(new URL('network.json', root))
const siteFiles = new SiteFiles(self.__WB_MANIFEST)

answerPages(self, __BUILD__, async () => {
  const missing = await siteFiles.refill()
  if (!(await networkFile.isKept())) await networkFile.keep()
  return { missing, network: await networkFile.isKept() }
})
// On a first visit, the peer fetched the file before this service worker could store it.
self.addEventListener('activate', (event) => event.waitUntil(networkFile.keep()))

const isPage = (request: Request): boolean => request.mode === 'navigate'

/** Answers with a stored file of the site. */
async function siteFile(request: Request): Promise<Response> {
  if (!isLocal) return await siteFiles.get(request)
  const [response, abandoned] = await Promise.all([
    askServer(request),
    isPage(request) && isAbandoned(script),
  ])
  if (response === undefined) return await siteFiles.get(request)
  if (abandoned) return await unregister(response)
  // The Node server serves the user's own file instead.
  if (response.headers.get('libp2p-websocket') === 'native') return response
  await response.body?.cancel()
  return await siteFiles.get(request)
}

/** Answers with any other page below the site. */
async function otherPage(request: Request): Promise<Response> {
  const [response, abandoned] = await Promise.all([fetch(request), isLocal && isAbandoned(script)])
  return abandoned ? await unregister(response) : withOurScript(response, request.url, own)
}

/**
 * Removes this service worker, because another program has taken over the site's port, and answers as that
 * does.
 */
async function unregister(response: Response): Promise<Response> {
  await self.registration.unregister()
  return response
}

async function folderPage(request: Request): Promise<Response> {
  const response = await folderAnswer(request, folders, root)
  return isPage(request) ? withOurScript(response, request.url, own) : response
}

/** Answers an absolute path requested by a page of a folder: with the folder's file, or else the site's. */
async function absoluteFile(request: Request, clientId: string): Promise<Response> {
  const folder = await folderClients.folderOf(clientId)
  const file = folder === undefined ? undefined : await absoluteAnswer(request, folder, folders, root)
  if (file !== undefined) return file
  return siteFiles.has(new URL(request.url)) ? await siteFile(request) : await fetch(request)
}

/** Returns the ID of the requesting client; empty for a page that is just being opened. */
function clientOf(event: Event): string {
  return 'clientId' in event && typeof event.clientId === 'string' ? event.clientId : ''
}

registerRoute(
  ({ url }) => isFolderUrl(url, root),
  ({ request }) => folderPage(request),
)
registerRoute(
  ({ url, request, event }) =>
    url.origin === root.origin &&
    !isPage(request) &&
    !ownPaths.has(url.pathname) &&
    folderClients.mayBeOfFolder(clientOf(event)),
  ({ request, event }) => absoluteFile(request, clientOf(event)),
)
registerRoute(
  ({ url }) => isFolderUrl(url, root),
  ({ request }) => folderPage(request),
  'HEAD',
)
registerRoute(
  ({ url }) => url.origin === root.origin && url.pathname === new URL('network.json', root).pathname,
  // A user who opens it in a tab wants to see the server's answer, and may have to log in.
  ({ request }) => (isPage(request) ? fetch(request) : networkFile.answer(request)),
)
registerRoute(
  ({ url }) => siteFiles.has(url),
  ({ request }) => siteFile(request),
)
for (const method of ['GET', 'POST'] as const) {
  registerRoute(
    ({ request }) => isPage(request),
    ({ request }) => otherPage(request),
    method,
  )
}
