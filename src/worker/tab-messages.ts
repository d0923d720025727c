/*
 * What a tab and the SharedWorker say to each other on the worker's own port. What a socket or a lent connection carries
 * goes over ports of its own, which are handed over here.
 *
 * `epoch` is new with every start of a worker. Each message but the tab's first carries it, and one with another epoch is
 * dropped: a browser that restarts a worker on the same ports (Safari) is found out by it.
 */

/** The name of the SharedWorker, with the number of times that a hung one was given up: see {@link workerName}. */
const WORKER_NAME = 'libp2p-websocket'

/** Every Web Lock of this package begins so. A tab holds one for its life, the worker one for its own. */
export const LOCK_PREFIX = 'libp2p-websocket:'

/** How much a line of the worker's log matters, the least first. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error'] as const

export type WireLogLevel = (typeof LOG_LEVELS)[number]

/** Characters of a page's title and of its path that the worker keeps; the rest is cut. */
const MAX_TITLE_LENGTH = 200
const MAX_PATH_LENGTH = 500

/**
 * What a tab can do about WebRTC. `lends`: it has come to lend. `unsupported`: its browser has none, or not in this page. `blocked`:
 * a policy, or what else stands in the page, keeps it from what lending takes.
 */
export type TabWebRtc = 'lends' | 'unsupported' | 'blocked'

/** From a tab to the worker. */
export type ToWorker =
  /** The first message. The tab holds `lock`: when the worker gets it, the tab is gone. */
  | { type: 'hello'; lock: string }
  /** The tab lends WebRTC on the port that comes with this. */
  | { type: 'lend'; epoch: string }
  /** What the tab shows, and what it has to lend: said at first, and again when it changes. */
  | { type: 'page'; epoch: string; title: string; path: string; visible: boolean; webrtc: TabWebRtc }
  /** A page has made a WebSocket: the port that comes with this is its other end. */
  | { type: 'socket'; epoch: string }
  /** The network is back, or the machine has woken up. */
  | { type: 'wake'; epoch: string }
  /** Is the worker alive? It answers with `pong`. */
  | { type: 'ping'; epoch: string }
  /** The answer to the worker's `ping`. */
  | { type: 'pong'; epoch: string }
  /** The tab is of another build: the worker ends if nobody would lose a connection, and says whether it does. */
  | { type: 'retire'; epoch: string }
  /** The tab wants the log from this level on, of scopes that begin so; what the worker remembers of it comes first. */
  | { type: 'log'; epoch: string; level: WireLogLevel; scope: string }
  /** The tab leaves, or goes to the back-forward cache: all that is held for it may go. */
  | { type: 'bye'; epoch: string }

/** From the worker to a tab. */
export type ToTab =
  /** The first message. The worker holds `lock` for as long as it lives; `build` is the one that it was made by. */
  | { type: 'welcome'; epoch: string; build: string; lock: string }
  | { type: 'pong'; epoch: string }
  /** Is the tab alive? Asked only where its lock can't tell. It answers with `pong`. */
  | { type: 'ping'; epoch: string }
  /** The worker holds nothing for this tab: it has said no hello, there are too many tabs, or (`cause`) the peer's code can't be used. */
  | { type: 'gone'; epoch: string; cause?: string }
  /** The answer to `retire`. */
  | { type: 'retiring'; epoch: string }
  | { type: 'busy'; epoch: string }
  | { type: 'log'; epoch: string; level: WireLogLevel; line: string }

/** What a worker is called: one that hangs blocks its own name, so the next one has another. */
export function workerName(generation: number): string {
  return generation === 0 ? WORKER_NAME : `${WORKER_NAME}#${generation}`
}

/** The generation in a worker's name; 0 for any other name. */
export function generationOf(name: string): number {
  const number = Number(/#(\d{1,9})$/.exec(name)?.[1] ?? 0)
  return Number.isSafeInteger(number) ? number : 0
}

/** Reads a tab's message; undefined for anything else. A page can post what it likes. */
export function readToWorker(data: unknown): ToWorker | undefined {
  const { type, epoch, lock, visible, level, scope, title, path, webrtc } = fieldsOf(data)
  if (type === 'hello') {
    return typeof lock === 'string' && lock.startsWith(LOCK_PREFIX) ? { type, lock } : undefined
  }
  if (typeof epoch !== 'string') return undefined
  switch (type) {
    case 'page':
      return typeof title === 'string' && typeof path === 'string' && isTabWebRtc(webrtc)
        ? {
            type,
            epoch,
            title: title.slice(0, MAX_TITLE_LENGTH),
            path: path.slice(0, MAX_PATH_LENGTH),
            visible: visible === true,
            webrtc,
          }
        : undefined
    case 'log':
      return isLogLevel(level) && typeof scope === 'string' ? { type, epoch, level, scope } : undefined
    case 'lend':
    case 'socket':
    case 'wake':
    case 'ping':
    case 'pong':
    case 'retire':
    case 'bye':
      return { type, epoch }
    default:
      return undefined
  }
}

/** Reads the worker's message; undefined for anything else. */
export function readToTab(data: unknown): ToTab | undefined {
  const { type, epoch, build, lock, level, line, cause } = fieldsOf(data)
  if (typeof epoch !== 'string') return undefined
  switch (type) {
    case 'welcome':
      return typeof build === 'string' && typeof lock === 'string' ? { type, epoch, build, lock } : undefined
    case 'log':
      return isLogLevel(level) && typeof line === 'string' ? { type, epoch, level, line } : undefined
    case 'gone':
      return { type, epoch, ...(typeof cause === 'string' ? { cause } : {}) }
    case 'ping':
    case 'pong':
    case 'retiring':
    case 'busy':
      return { type, epoch }
    default:
      return undefined
  }
}

function isTabWebRtc(value: unknown): value is TabWebRtc {
  return value === 'lends' || value === 'unsupported' || value === 'blocked'
}

function isLogLevel(value: unknown): value is WireLogLevel {
  return LOG_LEVELS.some((level) => level === value)
}

function fieldsOf(data: unknown): Record<string, unknown> {
  return typeof data === 'object' && data !== null ? { ...data } : {}
}
