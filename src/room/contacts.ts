import { MAX_ADDRESSES, MAX_CONTACTS, MAX_DIALS, MAX_DIALS_PER_SOURCE } from './limits.ts'

/**
 * Shortest and longest pause in milliseconds between two dials of one contact. Each is twice the one before.
 */
const MIN_PAUSE_MS = 1_000
const MAX_PAUSE_MS = 60_000

/** The source of peers that have registered under the room's namespace. Anybody can who knows that. */
export const FOUND = 'found'

/** A member to dial, or the door of a peer that may have members. */
export interface Contact {
  readonly peer: string
  /** What the member calls itself; undefined for a door. */
  readonly page: string | undefined
  readonly addresses: readonly string[]
  /** The member that introduced it, or {@link FOUND}; empty if this page knows it itself. */
  readonly source: string
  /** Dials until it is forgotten. */
  readonly attempts: number
}

interface Entry {
  contact: Contact
  attempts: number
  pauseMs: number
  dueMs: number
}

/** Options of {@link Contacts}. */
export interface ContactsInit {
  /** Whether there is a reason to dial it now. */
  isWanted(contact: Contact): boolean
  /** Dials it. Resolves to whether that has led to a member. Never rejects. */
  dial(contact: Contact): Promise<boolean>
}

/** Whom to dial and when: each contact again after growing pauses, and only a few at a time. */
export class Contacts {
  readonly #init: ContactsInit
  readonly #entries = new Map<string, Entry>()
  /** Those that are being dialled, even if they have lost their place meanwhile. */
  readonly #dialling = new Set<Entry>()
  #timer: ReturnType<typeof setTimeout> | undefined
  #isRunning = false

  constructor(init: ContactsInit) {
    this.#init = init
  }

  /** Begins to dial, everything at once. */
  start(): void {
    this.#isRunning = true
    for (const entry of this.#entries.values()) entry.dueMs = 0
    this.#run()
  }

  stop(): void {
    this.#isRunning = false
    clearTimeout(this.#timer)
  }

  /** Adds a contact, or newer addresses of one, to be dialled after `delayMs`. */
  add(key: string, contact: Contact, delayMs = 0): void {
    const dueMs = performance.now() + delayMs
    const entry = this.#entries.get(key)
    if (entry === undefined) {
      if (!this.#makeRoom(contact.source)) return
      this.#entries.set(key, { contact, attempts: contact.attempts, pauseMs: 0, dueMs })
    } else {
      const known = entry.contact
      const isOwn = contact.source === '' || known.source === ''
      // What another source says comes last, so that it can't displace what is right.
      const isFirst = contact.source === '' || contact.source === known.source
      const lists = isFirst ? [contact, known] : [known, contact]
      const all = new Set(lists.flatMap((list) => list.addresses))
      const addresses = [...all].slice(0, MAX_ADDRESSES)
      const hasNews = addresses.some((address) => !known.addresses.includes(address))
      const attempts = Math.max(known.attempts, contact.attempts)
      entry.contact = { ...contact, addresses, source: isOwn ? '' : known.source, attempts }
      entry.attempts = Math.max(entry.attempts, contact.attempts)
      if (hasNews || isOwn) entry.dueMs = Math.min(entry.dueMs, dueMs)
    }
    this.#run()
  }

  delete(key: string): void {
    this.#entries.delete(key)
  }

  /**
   * Makes room for one more contact, and returns whether there is room. Found contacts are forgotten first,
   * the oldest before the others. For a contact that this page knows itself, introduced ones are too.
   */
  #makeRoom(source: string): boolean {
    if (this.#entries.size < MAX_CONTACTS) return true
    const entries = [...this.#entries]
    const displaced =
      entries.find(([, { contact }]) => contact.source === FOUND) ??
      (source === '' ? entries.find(([, { contact }]) => contact.source !== '') : undefined)
    if (displaced === undefined) return false
    this.#entries.delete(displaced[0])
    return true
  }

  #run(): void {
    clearTimeout(this.#timer)
    if (!this.#isRunning) return
    const nowMs = performance.now()
    let nextMs = Infinity
    // Those that have waited longest first, so that many others delay a new one by one dial each at most.
    for (const [key, entry] of [...this.#entries].sort(([, a], [, b]) => a.dueMs - b.dueMs)) {
      if (this.#dialling.has(entry)) continue
      if (entry.dueMs > nowMs || !this.#mayDial(entry.contact.source)) nextMs = Math.min(nextMs, entry.dueMs)
      else if (this.#init.isWanted(entry.contact)) void this.#dial(key, entry)
      else {
        this.#postpone(entry)
        nextMs = Math.min(nextMs, entry.dueMs)
      }
    }
    // Those that wait for a place are dialled when one is free.
    if (nextMs > nowMs && nextMs < Infinity) this.#timer = setTimeout(() => this.#run(), nextMs - nowMs)
  }

  #mayDial(source: string): boolean {
    const ofSource = [...this.#dialling].filter(({ contact }) => contact.source === source)
    return this.#dialling.size < MAX_DIALS && (source === '' || ofSource.length < MAX_DIALS_PER_SOURCE)
  }

  async #dial(key: string, entry: Entry): Promise<void> {
    this.#dialling.add(entry)
    entry.attempts -= 1
    const isMet = await this.#init.dial(entry.contact)
    this.#dialling.delete(entry)
    if (isMet) {
      entry.attempts = entry.contact.attempts
      entry.pauseMs = MIN_PAUSE_MS
    }
    if (entry.attempts <= 0 && this.#entries.get(key) === entry) this.#entries.delete(key)
    this.#postpone(entry)
    this.#run()
  }

  #postpone(entry: Entry): void {
    entry.pauseMs = Math.min(MAX_PAUSE_MS, Math.max(MIN_PAUSE_MS, 2 * entry.pauseMs))
    // Those who have lost each other at the same time don't all dial at the same time.
    entry.dueMs = performance.now() + entry.pauseMs * (0.5 + Math.random() / 2)
  }
}
