import type { Client } from '../../src/client/index.ts'
import type { Room } from '../../src/room/index.ts'

/** A message of the soak: who sent it, and its number. */
interface Said {
  stay: number
  number: number
}

/**
 * What one visitor has from another: numbers in the order in which they came, and where some may be missing.
 */
type Transcript = (number | 'gap')[]

/** One stay of a member in the soak, with everything it has sent and received. */
export class Visitor {
  readonly room: Room<unknown, string>
  readonly client: Client
  readonly stay: number
  readonly id: string
  readonly transcripts = new Map<number, Transcript>()
  /** Which members have acknowledged which message. */
  readonly acknowledged: { number: number; ids: string[] }[] = []
  sent = 0
  received = 0
  readonly #stayOf = new Map<string, number>()

  constructor(room: Room<unknown, string>, client: Client, stay: number) {
    this.room = room
    this.client = client
    this.stay = stay
    this.id = room.id
    room.addEventListener('message', ({ member, data }) => {
      const said = data as Said
      this.#stayOf.set(member.id, said.stay)
      this.received += 1
      this.#transcriptOf(said.stay).push(said.number)
    })
    const gap = ({ member }: { member: { id: string } }): void => {
      const stay = this.#stayOf.get(member.id)
      if (stay !== undefined) this.#transcriptOf(stay).push('gap')
    }
    room.addEventListener('missed', gap)
    room.addEventListener('leave', gap)
  }

  /** Sends the next message. Resolves to the number of members that have it. */
  async talk(): Promise<number> {
    const said: Said = { stay: this.stay, number: this.sent++ }
    try {
      const members = await this.room.send(said)
      this.acknowledged.push({ number: said.number, ids: members.map(({ id }) => id) })
      return members.length
    } catch {
      // It has crashed or left.
      return 0
    }
  }

  #transcriptOf(stay: number): Transcript {
    const transcript = this.transcripts.get(stay) ?? []
    this.transcripts.set(stay, transcript)
    return transcript
  }
}

/** Returns everything that contradicts what rooms promise, in words. */
export function wrongIn(everybody: readonly Visitor[], present: readonly Visitor[]): string[] {
  const wrong: string[] = []
  for (const reader of everybody) {
    for (const [stay, transcript] of reader.transcripts) {
      transcript.forEach((entry, index) => {
        const before = transcript.slice(0, index).findLast((other) => other !== 'gap')
        if (entry === 'gap' || before === undefined || typeof before === 'string') return
        const isNext = transcript[index - 1] === 'gap' ? entry > before : entry === before + 1
        if (!isNext) wrong.push(`${reader.stay} got ${entry} of ${stay} after ${before}`)
      })
    }
  }
  const byId = new Map(everybody.map((visitor) => [visitor.id, visitor]))
  for (const writer of everybody) {
    for (const { number, ids } of writer.acknowledged) {
      for (const id of ids) {
        const reader = byId.get(id)
        if (reader?.transcripts.get(writer.stay)?.includes(number) === true) continue
        wrong.push(`${reader?.stay ?? id} has acknowledged ${number} of ${writer.stay}, and doesn't have it`)
      }
    }
  }
  for (const reader of present) {
    for (const writer of present) {
      if (reader === writer) continue
      const last = reader.transcripts.get(writer.stay)?.at(-1)
      if (last !== writer.sent - 1) wrong.push(`${reader.stay} has ${last} of ${writer.stay} as the last one`)
    }
  }
  return wrong
}
