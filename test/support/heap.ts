import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/**
 * The bytes that this process really uses: JavaScript's heap and the buffers outside it, after a garbage
 * collection.
 */
export function heldBytes(): number {
  collectGarbage()
  // A separate thread frees the buffers that the first collection found, and the second collection waits for
  // it.
  collectGarbage()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
