import { readFolderUrl } from '../folders/index.ts'
import type { Clients } from './platform.ts'

/** Clients remembered as belonging to no folder. */
const MAX_ELSEWHERE = 256

/** Tells which clients are pages of a folder, whose absolute paths may mean files of that folder. */
export class FolderClients {
  readonly #clients: Clients
  readonly #root: URL
  /** IDs of clients known to belong to no folder, oldest first. */
  readonly #elsewhere = new Set<string>()

  /** @param root the site's root */
  constructor(clients: Clients, root: URL) {
    this.#clients = clients
    this.#root = root
  }

  /**
   * Returns synchronously whether a client may be a page of a folder, so that other requests aren't delayed.
   */
  mayBeOfFolder(clientId: string): boolean {
    return clientId !== '' && !this.#elsewhere.has(clientId)
  }

  /** Resolves to the folder that a client's page belongs to; undefined if none. */
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
