import { setFlagsFromString } from 'node:v8'

/**
 * Per cent of what lives in the heap that may come on top of it before V8 looks through all of it again.
 *
 * V8 counts the buffers of messages, which are outside of the heap and live for a moment, as growth; and once it has tidied up
 * in a process that rests, it lets the heap grow by a little only, for as long as it stays as large. A Node build that had been busy,
 * had rested and was busy again looked through its 20 MB 17 to 32 times a second, 4 ms each, and used twice the processor time
 * for a MB: see `docs/performance.md`. 300 is the most that V8 chooses by itself.
 */
const GROWTH_PERCENT = 300

/** Lets this process's heap grow by so much between two collections, from the next one on. */
export function letHeapGrow(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`)
}
