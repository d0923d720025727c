/*
 * The peer IDs and folder names that this browser should still have, so that the site can report when one is
 * lost. They are kept in localStorage, apart from the databases that hold the keys and folders, because any
 * page of the site can delete those.
 */

const KEY = 'libp2p-websocket:remembered'
/** Number of past peer IDs to remember, so that importing an earlier key doesn't count as a loss. */
const MAX_PEERS = 4
const MAX_FOLDERS = 256

interface Remembered {
  /** Latest first. */
  peers: string[]
  folders: string[]
}

function read(): Remembered {
  try {
    const { peers, folders } = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Record<string, unknown>
    return { peers: textsOf(peers), folders: textsOf(folders) }
  } catch {
    // Storage is blocked, or another page has written something else under this key.
    return { peers: [], folders: [] }
  }
}

function write(remembered: Remembered): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(remembered))
  } catch (error) {
    console.debug('libp2p-websocket:', error)
  }
}

/** Remembers the ID of this browser's peer, now or from its next start. */
export function rememberPeer(id: string): void {
  const { peers, folders } = read()
  if (peers[0] === id) return
  write({ peers: [id, ...peers.filter((peer) => peer !== id)].slice(0, MAX_PEERS), folders })
}

/** Returns the ID of the peer whose key is gone, if the current one replaced it without the user's doing. */
export function lostPeer(current: string): string | undefined {
  const { peers } = read()
  return peers.includes(current) ? undefined : peers[0]
}

/** Remembers the names of all stored folders. */
export function rememberFolders(names: readonly string[]): void {
  write({ peers: read().peers, folders: names.slice(0, MAX_FOLDERS) })
}

/** Returns the remembered folders that are missing although the user has not removed them. */
export function lostFolders(current: readonly string[]): string[] {
  return read().folders.filter((name) => !current.includes(name))
}

/** Forgets a folder that the user removes. */
export function forgetFolder(name: string): void {
  const { peers, folders } = read()
  write({ peers, folders: folders.filter((folder) => folder !== name) })
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : []
}
