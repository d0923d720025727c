import type { Classes } from './classes.ts'

/** What the cases work with. */
export interface Bench {
  classes: Classes
  pc: RTCPeerConnection
  channel: RTCDataChannel
  candidate: RTCIceCandidate
  error: RTCError
}

export type Cases = Record<string, () => unknown>

/** Constructs one with any arguments, as a page without types can. */
export function make<T>(Class: new (...args: never[]) => T, ...args: unknown[]): T {
  return Reflect.construct(Class, args) as T
}
