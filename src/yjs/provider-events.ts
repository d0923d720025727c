/** The events of a `LibP2PProvider`, with what each passes to its listeners. */
export interface ProviderEvents {
  /** The provider is in its room, or no longer. */
  status: { connected: boolean }
  /**
   * Whether the document has everything that the members had when they met. False while one of them still
   * sends. Not fired before the first member is there.
   */
  synced: { synced: boolean }
  /** Members came or left. `bcPeers` are pages of this page's own peer, and `webrtcPeers` all others. */
  peers: { added: string[]; removed: string[]; webrtcPeers: string[]; bcPeers: string[] }
  /** The room could not be joined, was lost, or a member sent something invalid. */
  error: { error: Error }
}

type Listener<Name extends keyof ProviderEvents> = (event: ProviderEvents[Name]) => void
type Listeners = { [Name in keyof ProviderEvents]: Set<Listener<Name>> }

/** `on`, `once` and `off`, as providers of Yjs have them. */
export class ProviderEmitter {
  readonly #listeners: Listeners = {
    status: new Set(),
    synced: new Set(),
    peers: new Set(),
    error: new Set(),
  }

  on<Name extends keyof ProviderEvents>(name: Name, listener: Listener<Name>): Listener<Name> {
    this.#listeners[name].add(listener)
    return listener
  }

  once<Name extends keyof ProviderEvents>(name: Name, listener: Listener<Name>): void {
    const off: Listener<Name> = (event) => {
      this.off(name, off)
      listener(event)
    }
    this.on(name, off)
  }

  off<Name extends keyof ProviderEvents>(name: Name, listener: Listener<Name>): void {
    this.#listeners[name].delete(listener)
  }

  protected fire<Name extends keyof ProviderEvents>(name: Name, event: ProviderEvents[Name]): void {
    for (const listener of this.#listeners[name]) listener(event)
  }

  protected removeListeners(): void {
    for (const listeners of Object.values(this.#listeners)) listeners.clear()
  }
}
