/** What {@link chooseLender} knows about a tab. */
export interface LenderView {
  /** Whether the tab says that it is visible. */
  visible: boolean
  /** Milliseconds since the tab was added. */
  ageMs: number
  /** Connections that it carries now. */
  connections: number
  /** Connections that it has ever been asked to make. */
  made: number
  /** Whether it refused a connection recently because its browser makes no more of them. */
  spent: boolean
}

/**
 * Connections after which a tab is chosen only if there is no other: Chromium allows a process 500 between
 * two garbage collections, whether or not they are closed.
 */
export const DEFAULT_LENDER_BUDGET = 400

/** Tabs whose ages differ by less than this many milliseconds are treated as equally old. */
export const DEFAULT_SAME_AGE_MS = 60_000

/**
 * Chooses the tab for a new connection: the one that is most likely to live longest. Returns undefined if
 * none can make one.
 *
 * - A spent tab can't make one.
 * - A tab within its budget comes before one that has exceeded it. The latter may have room again, and is
 *   better than none.
 * - A visible tab comes before a hidden one, which the browser may throttle or discard.
 * - An older tab comes before a newer one, because most tabs are closed soon after they were opened.
 * - Among equals, the tab that carries the fewest connections is chosen.
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
