import { BOARD } from './stroke.ts'

/** Milliseconds between two pieces of a line that is being drawn. */
const PIECE_MS = 60
/** Numbers of one piece: x and y of its points. */
const MAX_PIECE = 500
/** How far an arrow key moves the pen. */
const STEP = 20

/** What draws on the board: a finger, a pen, a mouse, or the arrow keys and the space bar. */
export class Pen {
  readonly #drew: (points: number[]) => void
  readonly #changed: () => void
  /** The line that is being drawn, as far as it has not been told; undefined while the pen is up. */
  #line: number[] | undefined
  /** Where the arrow keys have it. */
  #x = BOARD.width / 2
  #y = BOARD.height / 2

  /** `drew` is told each piece of a line, `changed` that the arrow keys have moved the pen. */
  constructor(drew: (points: number[]) => void, changed: () => void) {
    this.#drew = drew
    this.#changed = changed
    setInterval(() => this.#flush(), PIECE_MS)
  }

  get isDown(): boolean {
    return this.#line !== undefined
  }

  /** Where it is on the board, as a style. */
  get place(): string {
    return `left: ${(100 * this.#x) / BOARD.width}%; top: ${(100 * this.#y) / BOARD.height}%`
  }

  readonly pointer = (event: PointerEvent): void => {
    const canvas = event.currentTarget as HTMLCanvasElement
    if (event.type === 'pointerdown') {
      canvas.setPointerCapture(event.pointerId)
      this.#line = pointOf(event, canvas)
      this.#drew(this.#line)
    } else if (event.type !== 'pointermove') this.lift()
    else if (this.#line !== undefined) {
      this.#line.push(...pointOf(event, canvas))
      if (this.#line.length > MAX_PIECE) this.#flush()
    }
  }

  readonly key = (event: KeyboardEvent): void => {
    const [dx, dy] =
      { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? []
    if (event.key === ' ') {
      if (this.#line === undefined) this.#line = [this.#x, this.#y]
      else this.lift()
    } else if (dx === undefined || dy === undefined) return
    else {
      const step = event.shiftKey ? 4 * STEP : STEP
      this.#x = Math.min(BOARD.width, Math.max(0, this.#x + dx * step))
      this.#y = Math.min(BOARD.height, Math.max(0, this.#y + dy * step))
      this.#line?.push(this.#x, this.#y)
    }
    event.preventDefault()
    this.#changed()
  }

  lift(): void {
    this.#flush()
    this.#line = undefined
  }

  /** Tells what was drawn since the last time; the next piece begins where this one ends. */
  #flush(): void {
    if (this.#line === undefined || this.#line.length <= 2) return
    this.#drew(this.#line)
    this.#line = this.#line.slice(-2)
  }
}

function pointOf(event: PointerEvent, canvas: HTMLCanvasElement): [x: number, y: number] {
  const { left, top, width, height } = canvas.getBoundingClientRect()
  return [
    Math.round(((event.clientX - left) / width) * BOARD.width),
    Math.round(((event.clientY - top) / height) * BOARD.height),
  ]
}
