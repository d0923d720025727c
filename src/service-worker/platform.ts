/*
 * The parts of the Service Workers standard used here, for which TypeScript's DOM library has no types.
 */

export interface ExtendableEvent extends Event {
  waitUntil(promise: Promise<unknown>): void
}

export interface ExtendableMessageEvent extends ExtendableEvent {
  readonly data: unknown
  readonly ports: readonly MessagePort[]
}

export interface WindowClient {
  readonly id: string
  readonly url: string
  /** `nested` is a frame inside another page. */
  readonly frameType: 'auxiliary' | 'top-level' | 'nested' | 'none'
  postMessage(message: unknown, transfer: Transferable[]): void
}

export interface Clients {
  claim(): Promise<void>
  get(id: string): Promise<WindowClient | undefined>
  matchAll(options: { type: 'window'; includeUncontrolled: boolean }): Promise<readonly WindowClient[]>
}

interface ScopeEvents {
  activate: ExtendableEvent
  message: ExtendableMessageEvent
}

export interface ServiceWorkerScope {
  readonly location: Location
  readonly registration: ServiceWorkerRegistration
  readonly clients: Clients
  skipWaiting(): Promise<void>
  addEventListener<K extends keyof ScopeEvents>(type: K, listener: (event: ScopeEvents[K]) => void): void
}
