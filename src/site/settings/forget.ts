import { DATABASE_NAME } from '../../folders/index.ts'
import type { OperatorLink } from '../admin-link.ts'

/** Everything of this site in localStorage begins so. */
const KEY_PREFIX = 'libp2p-websocket:'
/** And every directory in its own file system so. */
const DIRECTORY_PREFIX = 'libp2p-websocket-'

/** Ends the peer and deletes what it and the site keep: key, settings, folders, the copy of the site for offline. */
export async function forgetEverything(link: OperatorLink): Promise<void> {
  await link.ask({ type: 'forget' })
  const registrations = (await navigator.serviceWorker?.getRegistrations()) ?? []
  await Promise.all(registrations.map((registration) => registration.unregister()))
  await Promise.all((await caches.keys()).map((name) => caches.delete(name)))
  await deleteDatabase(DATABASE_NAME)
  await deleteFiles()
  for (const key of Object.keys(localStorage)) if (key.startsWith(KEY_PREFIX)) localStorage.removeItem(key)
}

async function deleteDatabase(name: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const request = indexedDB.deleteDatabase(name)
    request.addEventListener('success', () => resolve())
    request.addEventListener('error', () =>
      reject(request.error ?? new Error('the folders could not be deleted')),
    )
    request.addEventListener('blocked', () => reject(new Error('another tab holds the folders: close it')))
  })
}

/** The copies of folders, and files that were received. */
async function deleteFiles(): Promise<void> {
  const root = await navigator.storage.getDirectory()
  const names: string[] = []
  for await (const name of root.keys()) if (name.startsWith(DIRECTORY_PREFIX)) names.push(name)
  for (const name of names) await root.removeEntry(name, { recursive: true })
}
