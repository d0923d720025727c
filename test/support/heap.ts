import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/**
 * Bytes that this process really holds: JavaScript's heap and the buffers outside it, after a garbage
 * collection.
 */
export function heldBytes(): number {
  collectGarbage()
  // The buffers that the first collection found are freed by a thread of its own, which the second one waits
  // for.
  collectGarbage()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
