/** The board's size in pixels. Every screen shows all of it, scaled. */
export const BOARD = { width: 1600, height: 1200 }
/** Pens by number. The eraser is wide and has the board's colour. */
export const PENS = ['black', 'green', 'blue', 'red', 'orange', 'violet', 'eraser'] as const
export const COLOURS = ['#23262b', '#1f6b5c', '#1d5fa8', '#b3261e', '#a86200', '#7a3e9d', '#ffffff'] as const
/** Marks that a board holds. A full board takes no more until it is cleared. */
export const MAX_MARKS = 50_000
/**
 * A mark is six 16-bit little-endian numbers: the sheet of paper, the pen, and x and y of both ends of a
 * line. Clearing the board takes the next sheet.
 */
const MARK_NUMBERS = 6

/**
 * The marks on the latest sheet, as a set: boards that have received the same marks in any order, once or
 * more, hold the same.
 */
export class Marks {
  #sheet = 0
  readonly #marks = new Map<string, Int16Array>()
  #digest = 0

  get sheet(): number {
    return this.#sheet
  }

  get isFull(): boolean {
    return this.#marks.size >= MAX_MARKS
  }

  /** A number that differs, with very few exceptions, if the marks differ. */
  get digest(): number {
    return this.#digest
  }

  /** All marks, encoded. At least one, so that the sheet is known. */
  get bytes(): Uint8Array<ArrayBuffer> {
    const numbers = new Int16Array((1 + this.#marks.size) * MARK_NUMBERS)
    numbers.set([this.#sheet, -1])
    let at = MARK_NUMBERS
    for (const mark of this.#marks.values()) {
      numbers.set(mark, at)
      at += MARK_NUMBERS
    }
    return new Uint8Array(numbers.buffer)
  }

  /** Takes marks from any bytes. Draws those that are new; unknown pens draw nothing. */
  add(bytes: Uint8Array, context: CanvasRenderingContext2D | null | undefined): void {
    const count = Math.floor(bytes.byteLength / (2 * MARK_NUMBERS))
    const numbers = new Int16Array(bytes.slice(0, count * 2 * MARK_NUMBERS).buffer)
    for (let at = 0; at < numbers.length; at += MARK_NUMBERS) {
      const mark = numbers.slice(at, at + MARK_NUMBERS)
      const [sheet = 0] = mark
      if (sheet > this.#sheet) this.#take(sheet, context)
      const key = mark.join()
      if (sheet < this.#sheet || this.#marks.has(key) || this.isFull) continue
      if (mark[1] === -1) continue
      this.#marks.set(key, mark)
      this.#digest = (this.#digest ^ hashOf(mark)) >>> 0
      if (context) drawMark(context, mark)
    }
  }

  #take(sheet: number, context: CanvasRenderingContext2D | null | undefined): void {
    this.#sheet = sheet
    this.#marks.clear()
    this.#digest = sheet
    context?.clearRect(0, 0, BOARD.width, BOARD.height)
  }
}

/** FNV-1a, of which the bits are then mixed, because the digest combines hashes. */
function hashOf(mark: Int16Array): number {
  let hash = 0x811c9dc5
  for (const byte of new Uint8Array(mark.buffer)) hash = Math.imul(hash ^ byte, 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return (hash ^ (hash >>> 13)) >>> 0
}

function drawMark(context: CanvasRenderingContext2D, mark: ArrayLike<number>): void {
  const [, pen = 0, x = 0, y = 0, toX = 0, toY = 0] = Array.from(mark)
  context.strokeStyle = COLOURS[pen] ?? 'transparent'
  context.lineWidth = PENS[pen] === 'eraser' ? 48 : 6
  context.lineCap = 'round'
  context.beginPath()
  context.moveTo(x, y)
  context.lineTo(toX, toY)
  context.stroke()
}
