/** Longest namespace in bytes of UTF-8, as libp2p's rendezvous specification recommends. */
export const MAX_NAMESPACE_BYTES = 255

/** Returns why a namespace is invalid for Find Peers; undefined if it is valid. */
export function invalidNamespace(namespace: string): string | undefined {
  const bytes = new TextEncoder().encode(namespace).byteLength
  if (bytes === 0) return 'NAMESPACE is empty'
  if (bytes > MAX_NAMESPACE_BYTES)
    return `NAMESPACE has ${bytes} bytes, but the limit is ${MAX_NAMESPACE_BYTES}`
  return undefined
}
