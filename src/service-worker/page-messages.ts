/*
 * The messages between the site's pages and the service worker, mainly for updates to a new build. Every
 * question transfers a MessagePort for its answer.
 */

/** A message from a page to a service worker, active or waiting. */
export type ToServiceWorker =
  /** Asks for the service worker's build. */
  | { type: 'build' }
  /** Asks to fetch the files that are no longer stored. */
  | { type: 'keep' }
  /** Asks a waiting service worker to activate, if all pages agree. */
  | { type: 'take-over' }

/** What is stored for offline use. */
export interface Kept {
  /** Number of site files that are not stored and could not be fetched from the same build. */
  missing: number
  /** Whether `/network.json` is stored. */
  network: boolean
}

/** A tab that prevents a new build from taking over. */
export interface TabInTheWay {
  url: string
  /**
   * `streams`: a page of the site with open connections. `silent`: the page doesn't answer, because it isn't
   * one of the site's own pages or is frozen.
   */
  why: 'streams' | 'silent'
}

/** A message from a service worker to a page. */
export type FromServiceWorker =
  | { type: 'build'; build: string }
  | ({ type: 'kept' } & Kept)
  /** All pages have agreed. They reload when the new service worker takes control. */
  | { type: 'taken-over' }
  | { type: 'held-up'; tabs: TabInTheWay[] }

/** A question from a service worker to a page: may a new build take over? The page would then reload. */
export interface ToPage {
  type: 'may-take-over'
}

/** A page's answer to {@link ToPage}. */
export interface FromPage {
  type: 'may-take-over'
  may: boolean
}

export function readToServiceWorker(data: unknown): ToServiceWorker | undefined {
  const { type } = fieldsOf(data)
  return type === 'build' || type === 'keep' || type === 'take-over' ? { type } : undefined
}

export function readFromServiceWorker(data: unknown): FromServiceWorker | undefined {
  const { type, build, tabs, missing, network } = fieldsOf(data)
  switch (type) {
    case 'build':
      return typeof build === 'string' ? { type, build } : undefined
    case 'kept':
      return typeof missing === 'number' && typeof network === 'boolean'
        ? { type, missing, network }
        : undefined
    case 'taken-over':
      return { type }
    case 'held-up':
      return Array.isArray(tabs) ? { type, tabs: tabs.flatMap((tab) => readTab(tab) ?? []) } : undefined
    default:
      return undefined
  }
}

export function readToPage(data: unknown): ToPage | undefined {
  const { type } = fieldsOf(data)
  return type === 'may-take-over' ? { type } : undefined
}

export function readFromPage(data: unknown): FromPage | undefined {
  const { type, may } = fieldsOf(data)
  return type === 'may-take-over' ? { type, may: may === true } : undefined
}

function readTab(data: unknown): TabInTheWay | undefined {
  const { url, why } = fieldsOf(data)
  return typeof url === 'string' && (why === 'streams' || why === 'silent') ? { url, why } : undefined
}

function fieldsOf(data: unknown): Record<string, unknown> {
  return typeof data === 'object' && data !== null ? { ...data } : {}
}
