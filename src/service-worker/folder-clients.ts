import { readFolderUrl } from '../folders/index.ts'
import type { Clients } from './platform.ts'

/** Pages and workers that are remembered as no folder's. */
const MAX_ELSEWHERE = 256

/** Which pages are of a folder: what they ask for by an absolute path may be meant to be the folder's. */
export class FolderClients {
  readonly #clients: Clients
  readonly #root: URL
  /** Those of which it is known that they are of no folder, the oldest first. */
  readonly #elsewhere = new Set<string>()

  /** @param root where the site is */
  constructor(clients: Clients, root: URL) {
    this.#clients = clients
    this.#root = root
  }

  /** Whether a client could be of a folder: told without waiting, so that the requests of others need not come here. */
  mayBeOfFolder(clientId: string): boolean {
    return clientId !== '' && !this.#elsewhere.has(clientId)
  }

  /** The folder that a client's page is of; undefined if it is of none. */
  async folderOf(clientId: string): Promise<string | undefined> {
    const client = await this.#clients.get(clientId)
    const folder = client === undefined ? undefined : readFolderUrl(new URL(client.url), this.#root)?.name
    if (folder === undefined) this.#remember(clientId)
    return folder
  }

  #remember(clientId: string): void {
    this.#elsewhere.add(clientId)
    const [oldest] = this.#elsewhere
    if (this.#elsewhere.size > MAX_ELSEWHERE && oldest !== undefined) this.#elsewhere.delete(oldest)
  }
}
