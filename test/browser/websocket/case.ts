/** What a case gets: the server's URL, and the few ways to check and to wait. */
export interface CaseContext {
  /** The URL of a behaviour of the server (see `behaviours.ts`), by path from the page's root. */
  path(behaviour: string, parameters?: Record<string, string>): string
  /** An ID that no other case has. */
  id(): string
  /** Throws unless both are the same as JSON. */
  equal(got: unknown, wanted: unknown, what?: string): void
  /** Runs `action` and returns the `name` of the error that it throws, or `nothing`. */
  thrown(action: () => unknown): string
  /** The next event of that type; rejects after ten seconds with its name. */
  next<E extends Event = Event>(target: EventTarget, type: string): Promise<E>
  /** An open socket. */
  open(behaviour: string, parameters?: Record<string, string>): Promise<WebSocket>
  /** Waits for what a `record` socket received, and how it closed. */
  report(id: string): Promise<{ messages: string[]; closed: { code: number; reason: string } }>
}

/** Cases by title, the same for the browser's own class and ours. */
export type Cases = Record<string, (t: CaseContext) => void | Promise<void>>
