/*
 * The messages between a tab and the SharedWorker on the worker's own port. Sockets and lent WebRTC use ports
 * of their own, which are transferred by these messages.
 *
 * `epoch` is new each time a worker starts. Every message but the tab's first carries it, and messages of
 * another epoch are dropped. This detects a browser that restarts a worker on the same ports (Safari).
 */

/** The base of the SharedWorker's name; see {@link workerName}. */
const WORKER_NAME = 'libp2p-websocket'

/** Prefix of all Web Locks of this package. Each tab holds one for its life, and so does the worker. */
export const LOCK_PREFIX = 'libp2p-websocket:'

/** Levels of the worker's log, least severe first. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error'] as const

export type WorkerLogLevel = (typeof LOG_LEVELS)[number]

/** Characters kept of a page's title and of its path; the rest is cut off. */
const MAX_TITLE_LENGTH = 200
const MAX_PATH_LENGTH = 500

/**
 * Whether a tab can lend WebRTC. `unsupported`: its browser has none, or not in this page. `blocked`: a
 * policy, or something else in the page, prevents it.
 */
export type WebRtcSupport = 'lends' | 'unsupported' | 'blocked'

/** A message from a tab to the worker. */
export type ToWorker =
  /** The first message. The tab holds `lock`; once the worker can acquire it, the tab is gone. */
  | { type: 'hello'; lock: string }
  /** The tab lends WebRTC over the transferred port. */
  | { type: 'lend'; epoch: string }
  /** Describes the tab. Sent at the start and after each change. */
  | { type: 'page'; epoch: string; title: string; path: string; visible: boolean; webrtc: WebRtcSupport }
  /** The page has created a WebSocket; the transferred port is its other end. */
  | { type: 'socket'; epoch: string }
  /** The network is back or the tab has become visible, so retries need not wait. */
  | { type: 'wake'; epoch: string }
  /** Asks whether the worker is alive. It answers with `pong`. */
  | { type: 'ping'; epoch: string }
  /** Answers the worker's `ping`. */
  | { type: 'pong'; epoch: string }
  /**
   * The tab is of another build. The worker answers `retiring` and ends, or `busy` if connections are open.
   */
  | { type: 'retire'; epoch: string }
  /**
   * Subscribes to log lines of at least this level whose scope has this prefix. Remembered lines come first.
   */
  | { type: 'log'; epoch: string; level: WorkerLogLevel; scope: string }
  /** The tab leaves or enters the back-forward cache, so everything held for it can be released. */
  | { type: 'bye'; epoch: string }

/** A message from the worker to a tab. */
export type ToTab =
  /** The first message. The worker holds `lock` for its life; `build` identifies its build. */
  | { type: 'welcome'; epoch: string; build: string; lock: string }
  | { type: 'pong'; epoch: string }
  /** Asks whether the tab is alive, if its lock can't tell. It answers with `pong`. */
  | { type: 'ping'; epoch: string }
  /**
   * The worker has dropped the tab: it said no hello in time, there are too many tabs, or the peer's code
   * can't be loaded, for the reason in `cause`.
   */
  | { type: 'gone'; epoch: string; cause?: string }
  /** Answers `retire`: the worker ends. */
  | { type: 'retiring'; epoch: string }
  /** Answers `retire`: the worker stays, because connections are open. */
  | { type: 'busy'; epoch: string }
  | { type: 'log'; epoch: string; level: WorkerLogLevel; line: string }

/**
 * Returns the SharedWorker's name. A hung worker blocks its name, so each one given up raises `generation`.
 */
export function workerName(generation: number): string {
  return generation === 0 ? WORKER_NAME : `${WORKER_NAME}#${generation}`
}

/** Returns the generation in a worker's name, or 0 for any other name. */
export function generationOf(name: string): number {
  const number = Number(/#(\d{1,9})$/.exec(name)?.[1] ?? 0)
  return Number.isSafeInteger(number) ? number : 0
}

/** Reads a tab's message; returns undefined for anything else. */
export function readToWorker(data: unknown): ToWorker | undefined {
  const { type, epoch, lock, visible, level, scope, title, path, webrtc } = fieldsOf(data)
  if (type === 'hello') {
    return typeof lock === 'string' && lock.startsWith(LOCK_PREFIX) ? { type, lock } : undefined
  }
  if (typeof epoch !== 'string') return undefined
  switch (type) {
    case 'page':
      return typeof title === 'string' && typeof path === 'string' && isWebRtcSupport(webrtc)
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

/** Reads the worker's message; returns undefined for anything else. */
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

function isWebRtcSupport(value: unknown): value is WebRtcSupport {
  return value === 'lends' || value === 'unsupported' || value === 'blocked'
}

function isLogLevel(value: unknown): value is WorkerLogLevel {
  return LOG_LEVELS.some((level) => level === value)
}

function fieldsOf(data: unknown): Record<string, unknown> {
  return typeof data === 'object' && data !== null ? { ...data } : {}
}
