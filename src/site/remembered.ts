/*
 * What this browser should still have, so that its loss can be told: peers by their IDs and folders by their names. It is kept in
 * localStorage, apart from the databases that hold the things themselves, which any page of the site may delete.
 */

const KEY = 'libp2p-websocket:remembered'
/** Peers that the user has had here: importing an earlier key is no loss. */
const MAX_PEERS = 4
const MAX_FOLDERS = 256

interface Remembered {
  /** The latest first. */
  peers: string[]
  folders: string[]
}

function read(): Remembered {
  try {
    const { peers, folders } = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Record<string, unknown>
    return { peers: textsOf(peers), folders: textsOf(folders) }
  } catch {
    // Storage is forbidden, or another page has written something else there.
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

/** This is the peer of this browser from now on, or from its next start on. */
export function rememberPeer(id: string): void {
  const { peers, folders } = read()
  if (peers[0] === id) return
  write({ peers: [id, ...peers.filter((peer) => peer !== id)].slice(0, MAX_PEERS), folders })
}

/** The peer whose key is gone, if the present one has come in its place unasked. */
export function lostPeer(present: string): string | undefined {
  const { peers } = read()
  return peers.includes(present) ? undefined : peers[0]
}

/** These folders are kept. */
export function rememberFolders(names: readonly string[]): void {
  write({ peers: read().peers, folders: names.slice(0, MAX_FOLDERS) })
}

/** Folders that are gone although nobody has removed them here. */
export function lostFolders(present: readonly string[]): string[] {
  return read().folders.filter((name) => !present.includes(name))
}

/** The user is removing this folder. */
export function forgetFolder(name: string): void {
  const { peers, folders } = read()
  write({ peers, folders: folders.filter((folder) => folder !== name) })
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : []
}
