import { setFlagsFromString } from 'node:v8'

/**
 * How much the heap may grow, in per cent of its live objects, before V8 marks all of it again.
 *
 * V8 counts the short-lived buffers of messages, which are outside the heap, as growth. After a collection in
 * an idle process, it allows only little growth. A Node build that was busy, idle and busy again marked its
 * 20 MB 17 to 32 times a second, 4 ms each, and needed twice the processor time per MB: see
 * `docs/performance.md`. 300 is the largest value that V8 itself chooses.
 */
const GROWTH_PERCENT = 300

/**
 * Lets the heap of this process grow by {@link GROWTH_PERCENT} between two collections, from the next
 * collection on.
 */
export function letHeapGrow(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`)
}
