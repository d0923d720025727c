/** What the choice among tabs goes by. */
export interface LenderView {
  /** Whether the tab says that it is visible. */
  visible: boolean
  /** How long it has lent, in milliseconds. */
  ageMs: number
  /** Connections that it carries now. */
  connections: number
  /** Connections that it has been asked to make, ever. */
  made: number
  /** It refused a connection a moment ago, because its browser makes no more of them. */
  spent: boolean
}

/**
 * Connections after which a tab is passed over while there is another: Chromium gives a process 500 between
 * two garbage collections, closed or not.
 */
export const DEFAULT_LENDER_BUDGET = 400

/** Tabs whose ages differ by less than this are as likely as each other to live on. */
export const DEFAULT_SAME_AGE_MS = 60_000

/**
 * The tab that a new connection goes to: the one that will most likely live longest, of those that are able.
 * Undefined if none is.
 *
 * - A spent tab is not able.
 * - A tab within its budget comes before one that is over it, which may have room again and is better than
 *   none.
 * - A visible tab comes before a hidden one, which the browser may discard, and whose main thread it slows
 *   down.
 * - A tab that has lived long comes before a new one: most tabs are closed soon after they were opened.
 * - Of equals, the one that carries least.
 */
export function chooseLender<T extends LenderView>(lenders: Iterable<T>): T | undefined {
  let best: T | undefined
  for (const lender of lenders) {
    if (!lender.spent && (best === undefined || isBetter(lender, best))) best = lender
  }
  return best
}

function isBetter(one: LenderView, other: LenderView): boolean {
  const within = withinBudget(one)
  if (within !== withinBudget(other)) return within
  if (one.visible !== other.visible) return one.visible
  if (Math.abs(one.ageMs - other.ageMs) >= DEFAULT_SAME_AGE_MS) return one.ageMs > other.ageMs
  return one.connections < other.connections
}

function withinBudget({ made }: LenderView): boolean {
  return made < DEFAULT_LENDER_BUDGET
}
