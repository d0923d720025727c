import type { ConnectString, RelayedRoom } from '../../src/protocol/index.ts'
import { ProtocolError, decodeRoom } from '../../src/protocol/index.ts'
import { fromLinkText, toLinkText } from '../../src/site/link-text.ts'

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const NAME_LETTERS = 16

/** Returns a protocol of the prefix and 16 random letters, which only invited peers know. */
export function newProtocol(prefix: string): string {
  let name = ''
  while (name.length < NAME_LETTERS) {
    for (const byte of crypto.getRandomValues(new Uint8Array(NAME_LETTERS))) {
      // Discards 12 of 64 values, so that all 52 letters are equally likely.
      if (name.length < NAME_LETTERS) name += LETTERS[byte % 64] ?? ''
    }
  }
  return prefix + name
}

/** Returns a link to a page with a connect string in its fragment. */
export function createLink(page: string, connectString: string): string {
  const url = new URL(page)
  url.hash = toLinkText(connectString)
  return url.href
}

/**
 * Returns the connect string in this page's address, or an empty string. If the user follows another link in
 * this tab, the page reloads, unless it `isBusy`.
 */
export function readPageInvitation(isBusy: () => boolean): string {
  addEventListener('hashchange', () => isBusy() || location.reload())
  return connectStringIn(location.hash)
}

/** Returns the connect string in a fragment, with or without its `#`; empty if there is none. */
export function connectStringIn(fragment: string): string {
  return fromLinkText(fragment.replace(/^#/, ''))
}

/**
 * Decodes an invitation: a connect string, or a link that contains one.
 *
 * Throws an Error for the user if it is damaged, or if its protocol doesn't start with `prefix`, so that it
 * doesn't lead to `what`.
 */
export function readInvitation(pasted: string, prefix: string, what: string): ConnectString | RelayedRoom {
  const text = pasted.trim()
  const link = /^https?:\/\/[^#]*(#.*)?$/s.exec(text)
  if (link !== null && link[1] === undefined) {
    throw new Error('This link is incomplete: the part after the # is missing. Copy the whole link.')
  }
  const connect = decode(link === null ? text : connectStringIn(link[1] ?? ''))
  if (!connect.protocol.startsWith(prefix)) {
    throw new Error(`This invitation is for ${connect.protocol}, not for ${what}.`)
  }
  return connect
}

function decode(text: string): ConnectString | RelayedRoom {
  try {
    return decodeRoom(text)
  } catch (error) {
    if (!(error instanceof ProtocolError) || error.code === 'ERR_NO_INVITATION') throw error
    throw new Error(`${error.message}. Copy the whole link or connect string again`, { cause: error })
  }
}
