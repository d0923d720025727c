import type { ConnectString, RelayedRoom } from '../../src/protocol/index.ts'
import { ProtocolError, decodeRoom } from '../../src/protocol/index.ts'
import { fromLinkText, toLinkText } from '../../src/site/link-text.ts'

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const NAME_LETTERS = 16

/** A protocol that begins so: nobody who was not told its 16 random letters finds it. */
export function newProtocol(prefix: string): string {
  let name = ''
  while (name.length < NAME_LETTERS) {
    for (const byte of crypto.getRandomValues(new Uint8Array(NAME_LETTERS))) {
      // 52 letters in 64 values: the rest are thrown again, so that all letters are alike.
      if (name.length < NAME_LETTERS) name += LETTERS[byte % 64] ?? ''
    }
  }
  return prefix + name
}

/** A link that joins: the page, with the connect string as its fragment. */
export function linkOf(page: string, connectString: string): string {
  const url = new URL(page)
  url.hash = toLinkText(connectString)
  return url.href
}

/**
 * The connect string in the address of this page; empty if there is none. A link to another one that is followed in this tab is, unless
 * `isBusy`: that is no reason to leave where one is.
 */
export function invited(isBusy: () => boolean): string {
  addEventListener('hashchange', () => isBusy() || location.reload())
  return connectStringIn(location.hash)
}

/** The connect string in a fragment, with its `#` or without; empty if there is none. */
export function connectStringIn(fragment: string): string {
  return fromLinkText(fragment.replace(/^#/, ''))
}

/**
 * Reads what somebody pasted, or what a link brought: a connect string, or the link that carries one.
 *
 * Throws an Error that says what is wrong with it, for the person who has it: it is damaged, or its protocol does not begin with
 * `prefix` and so is not one to `what`.
 */
export function readInvitation(pasted: string, prefix: string, what: string): ConnectString | RelayedRoom {
  const text = pasted.trim()
  const link = /^https?:\/\/[^#]*(#.*)?$/s.exec(text)
  if (link !== null && link[1] === undefined) {
    throw new Error('This link carries no connect string: the part from the # on is missing.')
  }
  const connect = decode(link === null ? text : connectStringIn(link[1] ?? ''))
  if (!connect.protocol.startsWith(prefix)) {
    throw new Error(`This is an invitation to ${connect.protocol}, not to ${what}.`)
  }
  return connect
}

function decode(text: string): ConnectString | RelayedRoom {
  try {
    return decodeRoom(text)
  } catch (error) {
    if (!(error instanceof ProtocolError) || error.code === 'ERR_NO_INVITATION') throw error
    throw new Error(`${error.message}. Copy it again, from its first character to its last`, { cause: error })
  }
}
