/*
 * What a tab and the SharedWorker say to each other on the worker's own port. What a socket or a lent connection carries
 * goes over ports of its own, which are handed over here.
 */

/** The name of the SharedWorker: with its URL and the origin it says which one is meant. */
export const WORKER_NAME = 'libp2p-websocket'

/** Every Web Lock of this package begins so. A tab holds one for its life, the worker one for its own. */
export const LOCK_PREFIX = 'libp2p-websocket:'

/** From a tab to the worker. */
export type ToWorker =
  /** The first message. The tab holds `lock`: when the worker gets it, the tab is gone. */
  | { type: 'hello'; lock: string }
  /** The tab lends WebRTC on the port that comes with this. */
  | { type: 'lend'; visible: boolean }
  /** A page has made a WebSocket: the port that comes with this is its other end. */
  | { type: 'socket' }
  /** The network is back, or the machine has woken up. */
  | { type: 'wake' }
  /** The tab leaves, or goes to the back-forward cache: all that is held for it may go. */
  | { type: 'bye' }

/** From the worker to a tab. */
export type ToTab =
  /** The first message. `epoch` is new with every start of the worker, which holds `lock` for as long as it lives. */
  | { type: 'welcome'; epoch: string; version: string; lock: string }
  | { type: 'log'; level: 'warn' | 'error'; line: string }

/** Reads a tab's message; undefined for anything else. A page can post what it likes. */
export function readToWorker(
  event: MessageEvent<unknown>,
): { message: ToWorker; port?: MessagePort } | undefined {
  const fields = fieldsOf(event.data)
  const [port] = event.ports
  switch (fields?.['type']) {
    case 'hello': {
      const lock = fields['lock']
      if (typeof lock !== 'string' || !lock.startsWith(LOCK_PREFIX)) return undefined
      return { message: { type: 'hello', lock } }
    }
    case 'lend':
      if (port === undefined) return undefined
      return { message: { type: 'lend', visible: fields['visible'] !== false }, port }
    case 'socket':
      return port === undefined ? undefined : { message: { type: 'socket' }, port }
    case 'wake':
      return { message: { type: 'wake' } }
    case 'bye':
      return { message: { type: 'bye' } }
    default:
      return undefined
  }
}

/** Reads the worker's message; undefined for anything else. */
export function readToTab(event: MessageEvent<unknown>): ToTab | undefined {
  const fields = fieldsOf(event.data)
  if (fields === undefined) return undefined
  const { type, epoch, version, lock, level, line } = fields
  if (
    type === 'welcome' &&
    typeof epoch === 'string' &&
    typeof version === 'string' &&
    typeof lock === 'string'
  ) {
    return { type, epoch, version, lock }
  }
  if (type === 'log' && (level === 'warn' || level === 'error') && typeof line === 'string') {
    return { type, level, line }
  }
  return undefined
}

function fieldsOf(data: unknown): Record<string, unknown> | undefined {
  return typeof data === 'object' && data !== null ? { ...data } : undefined
}
