import type { Platform } from './platform.ts'
import { ITERATOR, sequenceOf } from './sequence.ts'
import { isObject, toDOMString } from './web-idl.ts'

/**
 * The members of the options object that the native constructor reads, in its order; empty if it takes no
 * such object.
 */
export type OptionMembers = readonly string[]

/** The second argument of the constructor, converted. */
export interface SocketOptions {
  protocols: string[]
  /**
   * The argument to pass to the native constructor, with `protocols` converted, so that a page's objects are
   * read only once.
   */
  forNative: unknown
  /** Whether it was an options object. The native constructor still has to check its other members. */
  isObject: boolean
}

/**
 * An invalid URL: the native constructor converts all its arguments and then throws SyntaxError, without
 * connecting.
 */
const INVALID_URL = 'ws://['

/**
 * Finds out which members of an options object the native constructor reads, such as `protocols` and
 * `targetAddressSpace`, by passing it an object that records every property read. A constructor without an
 * options object reads no `protocols`: it converts to a string.
 */
export function optionMembersOf(platform: Platform, native: typeof WebSocket): OptionMembers {
  const asked: string[] = []
  // `as boolean`, because the type checker doesn't see that the trap changes it.
  let hasProtocols = false as boolean
  const probe = platform.proxy(
    {},
    {
      get(_target, key) {
        if (key === 'protocols') hasProtocols = true
        if (typeof key === 'string') asked[asked.length] = key
        return undefined
      },
    },
  )
  try {
    platform.construct(native, [INVALID_URL, probe])
  } catch {
    // It always throws; what matters is what it has read.
    return hasProtocols ? asked : []
  }
  return []
}

/**
 * Converts the second argument as Web IDL converts `(DOMString or sequence<DOMString> or WebSocketInit)`, or
 * the same without `WebSocketInit` if the browser has no options object (`members` is empty).
 */
export function toOptions(platform: Platform, members: () => OptionMembers, value: unknown): SocketOptions {
  // Chromium treats undefined as text if a third argument follows, so the native constructor gets it
  // unchanged.
  if (value === undefined) return { protocols: [], forNative: undefined, isObject: false }
  if (!isObject(value)) return only(value === null && members().length > 0 ? [] : [toDOMString(value)])
  const method: unknown = (value as Partial<Iterable<unknown>>)[ITERATOR]
  if (method !== undefined && method !== null) return only(toSequence(platform, value, method))
  const names = members()
  if (names.length === 0) return only([toDOMString(value)])
  let protocols: string[] = []
  const forNative: Record<string, unknown> = platform.emptyObject()
  for (let index = 0; index < names.length; index++) {
    const name = names[index] ?? ''
    const member = (value as Record<string, unknown>)[name]
    if (name !== 'protocols' || member === undefined) {
      forNative[name] = member
    } else {
      if (!isObject(member)) throw platform.typeError(NO_SEQUENCE)
      protocols = toSequence(platform, member, (member as Partial<Iterable<unknown>>)[ITERATOR])
      forNative[name] = sequenceOf(protocols)
    }
  }
  return { protocols, forNative, isObject: true }
}

/** Throws what the native constructor throws for the members that don't matter to a socket over a port. */
export function checkOptions(platform: Platform, native: typeof WebSocket, options: SocketOptions): void {
  if (!options.isObject) return
  try {
    platform.construct(native, [INVALID_URL, options.forNative])
  } catch (error) {
    if (platform.exceptionName(error) !== 'SyntaxError') throw error
  }
}

function only(protocols: string[]): SocketOptions {
  return { protocols, forNative: sequenceOf(protocols), isObject: false }
}

/** The message for protocols that aren't a sequence of strings, whichever step of Web IDL fails. */
const NO_SEQUENCE = 'The protocols cannot be iterated over'

/** Converts to `sequence<DOMString>` with the iterator that `method` returns. */
function toSequence(platform: Platform, value: object, method: unknown): string[] {
  if (typeof method !== 'function') throw platform.typeError(NO_SEQUENCE)
  const iterator: unknown = platform.apply(method, value, [])
  if (!isObject(iterator)) throw platform.typeError(NO_SEQUENCE)
  const next: unknown = (iterator as Partial<Iterator<unknown>>).next
  const protocols: string[] = []
  for (;;) {
    if (typeof next !== 'function') throw platform.typeError(NO_SEQUENCE)
    const result: unknown = platform.apply(next, iterator, [])
    if (!isObject(result)) throw platform.typeError(NO_SEQUENCE)
    if ((result as IteratorResult<unknown>).done) return protocols
    // Not push: a page may have replaced it.
    protocols[protocols.length] = toDOMString((result as IteratorResult<unknown>).value)
  }
}
