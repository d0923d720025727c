import { DATABASE_NAME } from '../../folders/index.ts'
import type { AdminClient } from '../admin-client.ts'

/** Prefix of this site's keys in localStorage. */
const KEY_PREFIX = 'libp2p-websocket:'
/** Prefix of this site's directories in the origin private file system. */
const DIRECTORY_PREFIX = 'libp2p-websocket-'

/**
 * Stops the peer and deletes everything it and the site have stored: key, settings, folders, received files,
 * offline copy.
 */
export async function deleteSiteData(admin: AdminClient): Promise<void> {
  await admin.ask({ type: 'forget' })
  // Absent in an insecure context, and in private windows of some browsers.
  const serviceWorkers = navigator.serviceWorker as ServiceWorkerContainer | undefined
  const registrations = (await serviceWorkers?.getRegistrations()) ?? []
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
      reject(request.error ?? new Error('the database of folders could not be deleted')),
    )
    request.addEventListener('blocked', () =>
      reject(new Error('another tab is using the folders; close all other tabs of this site and try again')),
    )
  })
}

/** Deletes the copies of folders and the received files. */
async function deleteFiles(): Promise<void> {
  const root = await navigator.storage.getDirectory()
  const names: string[] = []
  for await (const name of root.keys()) if (name.startsWith(DIRECTORY_PREFIX)) names.push(name)
  for (const name of names) await root.removeEntry(name, { recursive: true })
}
