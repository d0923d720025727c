/*
 * What the site's pages and the service worker say to each other when a new build is to take over. Every question comes with a
 * MessagePort, on which its answer is given.
 */

/** From a page to a service worker, also to one that waits. */
export type ToServiceWorker =
  /** Which build are you of? */
  | { type: 'build' }
  /** Look whether everything is still kept, and fetch what is not. */
  | { type: 'keep' }
  /** Take over from the one before you, if no page minds. */
  | { type: 'take-over' }

/** What is kept for days without a server. */
export interface Kept {
  /** Files of the site that are not kept, and could not be fetched as they were built. */
  missing: number
  /** Whether `/network.json` is kept. */
  network: boolean
}

/** A tab that keeps a new build from taking over. */
export interface TabInTheWay {
  url: string
  /**
   * `streams`: it is a page of the site, and streams are open in it. `silent`: it does not answer: a page that is not the
   * site's own, and so cannot be asked to begin anew, or one that stands still.
   */
  why: 'streams' | 'silent'
}

export type FromServiceWorker =
  | { type: 'build'; build: string }
  | ({ type: 'kept' } & Kept)
  /** All pages have agreed: they begin anew once the service worker is another. */
  | { type: 'taken-over' }
  | { type: 'held-up'; tabs: TabInTheWay[] }

/** From a service worker to a page: may a new build take over, for which you begin anew? */
export interface ToPage {
  type: 'may-take-over'
}

/** The page's answer. */
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
