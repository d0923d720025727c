import type { DiskFile } from './disk-file.ts'
import type { Offer } from './offer.ts'
import { PART_BYTES } from './offer.ts'
import { Progress } from './progress.ts'

/** Parts that are asked for before the first of them has arrived. */
const WINDOW = 4

/** How a download is. `waiting`: no member offers the file at the moment. */
export type DownloadState =
  | { kind: 'running' | 'waiting' | 'cancelled' }
  | { kind: 'done'; url: string; isWhole: boolean; hash: string; senderHash: string }
  | { kind: 'failed'; reason: unknown }

/** Where a file comes from at the moment. */
export interface Source {
  read(at: number, signal: AbortSignal): Promise<Uint8Array>
  hash(signal: AbortSignal): Promise<string>
}

/** Options of a {@link Download}. */
export interface DownloadInit {
  offer: Offer
  to: DiskFile
  /** Resolves to a source of the file as soon as a member offers it. */
  source(signal: AbortSignal): Promise<Source>
  /** Whether the download can go on after this error, from the same source or another one. */
  isTemporary(error: unknown): boolean
  changed(): void
}

/** Fetches a file part by part, from one source after another until it has all of it. */
export class Download {
  readonly offer: Offer
  readonly progress: Progress
  state: DownloadState = { kind: 'waiting' }
  readonly #init: DownloadInit
  readonly #cancelled = new AbortController()

  constructor(init: DownloadInit) {
    this.#init = init
    this.offer = init.offer
    this.progress = new Progress(init.offer.size)
    void this.#run()
  }

  /** Ends it, and removes what has been written. */
  cancel(): void {
    this.#cancelled.abort()
  }

  async #run(): Promise<void> {
    const { to } = this.#init
    const { signal } = this.#cancelled
    try {
      for (let senderHash: string | undefined; senderHash === undefined;) {
        this.#set({ kind: 'waiting' })
        const source = await this.#init.source(signal)
        this.#set({ kind: 'running' })
        senderHash = await this.#fetch(source).catch((error: unknown) => {
          if (signal.aborted || !this.#init.isTemporary(error)) throw error
          console.debug('the download goes on:', error)
          return undefined
        })
        if (senderHash === undefined) continue
        const { sha256: hash, url } = await to.close()
        this.#set({ kind: 'done', url, hash, senderHash, isWhole: hash === senderHash })
      }
    } catch (reason) {
      await to.abort()
      this.#set(signal.aborted ? { kind: 'cancelled' } : { kind: 'failed', reason })
    }
  }

  /** Fetches the rest, and returns the sender's SHA-256. */
  async #fetch(source: Source): Promise<string> {
    const { to, offer } = this.#init
    const { progress } = this
    const { signal } = this.#cancelled
    progress.resume(progress.done)
    const parts: Promise<Uint8Array>[] = []
    let askedFor = progress.done
    while (!progress.isOver) {
      for (; askedFor < offer.size && parts.length < WINDOW; askedFor += PART_BYTES) {
        const part = source.read(askedFor, signal)
        // If an earlier part fails, nobody waits for this one.
        part.catch(() => undefined)
        parts.push(part)
      }
      const bytes = new Uint8Array((await parts.shift()) ?? new Uint8Array())
      signal.throwIfAborted()
      if (bytes.byteLength !== Math.min(PART_BYTES, offer.size - progress.done)) {
        throw new Error('The sender sent something else than what it offered')
      }
      await to.write(bytes)
      progress.update(progress.done + bytes.byteLength)
    }
    return await source.hash(signal)
  }

  #set(state: DownloadState): void {
    this.state = state
    this.#init.changed()
  }
}
