import { describeError } from '../../src/site/feedback.ts'
import { Progress } from './progress.ts'
import { readPart } from './read-part.ts'
import { sha256Of } from './sha256.ts'
import type { Offer } from './offer.ts'
import { MAX_OFFERS, PART_BYTES } from './offer.ts'

/** Receivers of one file whose progress is shown: the latest ones. */
export const MAX_RECEIVERS = 20

/** A file of this page. */
export interface OwnFile extends Offer {
  file: File
  /** Empty until it is calculated. */
  hash: string
  hashed: Promise<string>
  /** By the receiver's name and ID. */
  receivers: Map<string, { name: string; progress: Progress }>
}

/** The files that this page offers. */
export class OwnFiles {
  readonly #files = new Map<string, OwnFile>()
  readonly #changed: (problem?: string) => void

  /** @param changed called when the offers have changed, with a sentence if that is because of a problem */
  constructor(changed: (problem?: string) => void) {
    this.#changed = changed
  }

  get offers(): Offer[] {
    return Array.from(this.#files.values(), ({ id, name, size }) => ({ id, name, size }))
  }

  get list(): readonly OwnFile[] {
    return [...this.#files.values()]
  }

  /** Offers files, as many as {@link MAX_OFFERS} allows. */
  add(files: Iterable<File>): void {
    for (const file of files) {
      if (this.#files.size >= MAX_OFFERS) {
        return this.#changed(`You can offer ${MAX_OFFERS} files at a time. Remove one to add another.`)
      }
      const { name, size } = file
      const own: OwnFile = {
        id: crypto.randomUUID(),
        name,
        size,
        file,
        hash: '',
        hashed: sha256Of(file),
        receivers: new Map(),
      }
      this.#files.set(own.id, own)
      own.hashed.then(
        (hash) => {
          own.hash = hash
        },
        (error: unknown) => this.#drop(own, error),
      )
    }
    this.#changed()
  }

  /** Offers a file no longer. */
  remove(id: string): void {
    this.#files.delete(id)
    this.#changed()
  }

  /** Returns a part of a file for a receiver. Throws an Error for the receiver if it can't be read. */
  async read(id: string, at: number, receiver: { id: string; name: string }): Promise<Uint8Array> {
    const own = this.#fileOf(id)
    const { progress } = receiverOf(own, receiver)
    if (at < progress.done) progress.resume(at)
    const part = await readPart(own.file, at, at + PART_BYTES).catch((error: unknown) => {
      this.#drop(own, error)
      throw new Error('The sender can’t read the file any more: it was changed, moved or deleted')
    })
    progress.update(Math.max(progress.done, at))
    return part
  }

  /** Returns the SHA-256 of a file for a receiver that has all of it. */
  async hash(id: string, receiver: { id: string; name: string }): Promise<string> {
    const own = this.#fileOf(id)
    const hash = await own.hashed.catch(() => {
      throw new Error('The sender can’t read the file any more: it was changed, moved or deleted')
    })
    receiverOf(own, receiver).progress.update(own.size)
    return hash
  }

  #fileOf(id: string): OwnFile {
    const own = this.#files.get(id)
    if (own === undefined) throw new Error('The sender no longer offers this file')
    return own
  }

  #drop(own: OwnFile, error: unknown): void {
    if (!this.#files.delete(own.id)) return
    this.#changed(`“${own.name}”: ${describeError(error)}`)
  }
}

function receiverOf(own: OwnFile, { id, name }: { id: string; name: string }): { progress: Progress } {
  const known = own.receivers.get(id)
  if (known !== undefined) return known
  const receiver = { name, progress: new Progress(own.size) }
  own.receivers.set(id, receiver)
  if (own.receivers.size > MAX_RECEIVERS) own.receivers.delete([...own.receivers.keys()][0] ?? '')
  return receiver
}
