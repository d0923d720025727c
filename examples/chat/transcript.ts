/** Lines that a room keeps; the oldest go first. */
export const MAX_LINES = 500

/** What happened in a room. `id` is never used twice in one transcript. */
export type Line =
  | { id: number; kind: 'message'; from: string; text: string; mine: boolean }
  | { id: number; kind: 'note'; text: string }

/** The last lines of a room, in order. */
export class Transcript {
  #lines: Line[] = []
  #nextId = 0

  get lines(): readonly Line[] {
    return this.#lines
  }

  message(from: string, text: string, mine: boolean): void {
    this.#push({ id: this.#nextId++, kind: 'message', from, text, mine })
  }

  /** Something that nobody said: who came, who went. */
  note(text: string): void {
    this.#push({ id: this.#nextId++, kind: 'note', text })
  }

  #push(line: Line): void {
    this.#lines = [...this.#lines, line].slice(-MAX_LINES)
  }
}
