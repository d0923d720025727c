import type { Codec } from '../shared/message.ts'

/** The board's size in pixels. Every screen shows all of it, scaled. */
export const BOARD = { width: 1600, height: 1200 }
/** Pens by number. The eraser is wide and has the board's colour. */
export const PENS = ['black', 'green', 'blue', 'red', 'orange', 'violet', 'eraser'] as const
export const COLOURS = ['#23262b', '#1f6b5c', '#1d5fa8', '#b3261e', '#a86200', '#7a3e9d', '#ffffff'] as const
/** Marks in a message, and marks that a board keeps for new guests. A full board drops its oldest marks. */
export const MAX_MARKS = 50_000
/**
 * A mark is five 16-bit little-endian numbers: the pen, and x and y of both ends of a line. A message is a
 * list of marks.
 */
export const MARK_NUMBERS = 5
/** A mark that clears the board. */
export const CLEARING = Int16Array.of(-1, 0, 0, 0, 0)

/**
 * Reads any bytes as marks; unknown pens draw nothing. Drops everything before the last clearing mark,
 * because each of them costs as much as painting the whole board.
 */
export const MARKS: Codec<Int16Array> = {
  read(message) {
    const count = Math.min(MAX_MARKS, Math.floor(message.length / (2 * MARK_NUMBERS)))
    const marks = new Int16Array(message.slice(0, count * 2 * MARK_NUMBERS).buffer)
    let first = (count - 1) * MARK_NUMBERS
    while (first > 0 && marks[first] !== CLEARING[0]) first -= MARK_NUMBERS
    return marks.subarray(Math.max(0, first))
  },
  write: (marks) => new Uint8Array(marks.buffer, marks.byteOffset, marks.byteLength),
}

export function drawMark(context: CanvasRenderingContext2D, mark: ArrayLike<number>): void {
  const [pen = 0, x = 0, y = 0, toX = 0, toY = 0] = Array.from(mark)
  if (pen === CLEARING[0]) context.clearRect(0, 0, BOARD.width, BOARD.height)
  context.strokeStyle = COLOURS[pen] ?? 'transparent'
  context.lineWidth = PENS[pen] === 'eraser' ? 48 : 6
  context.lineCap = 'round'
  context.beginPath()
  context.moveTo(x, y)
  context.lineTo(toX, toY)
  context.stroke()
}
