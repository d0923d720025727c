/** Where the keys move the pen, in steps. The space bar sets it down, and lifts it. */
const STEPS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
  ' ': [0, 0],
}
/** Steps from one side of the canvas to the other, and with Shift. */
const STEPS_ACROSS = 80
const LARGE_STEPS_ACROSS = 20

/** What draws on a canvas: a finger, a pen, a mouse, or the arrow keys and the space bar. Points are pixels of the canvas. */
export class CanvasPen {
  readonly #drew: (...line: [x: number, y: number, toX: number, toY: number]) => void
  readonly #moved: () => void
  #x: number
  #y: number
  #isDown = false

  /**
   * It begins at a place. `drew` is told each straight line that is drawn, of no length for a dot; `moved` that the keys have moved the
   * pen, set it down or lifted it.
   */
  constructor(
    [x, y]: [x: number, y: number],
    drew: (...line: [x: number, y: number, toX: number, toY: number]) => void,
    moved: () => void,
  ) {
    this.#x = x
    this.#y = y
    this.#drew = drew
    this.#moved = moved
  }

  /** Whether the keys draw as they move it. */
  get isDown(): boolean {
    return this.#isDown
  }

  /** Where it is. */
  get place(): [x: number, y: number] {
    return [this.#x, this.#y]
  }

  /** For the canvas's `pointerdown` and `pointermove`. Of several fingers the first draws. */
  readonly pointer = (event: PointerEvent): void => {
    const canvas = event.currentTarget as HTMLCanvasElement
    const goesOn = event.type === 'pointermove'
    if (!event.isPrimary || (goesOn && !canvas.hasPointerCapture(event.pointerId))) return
    canvas.setPointerCapture(event.pointerId)
    const { left, top, width, height } = canvas.getBoundingClientRect()
    const x = Math.round(((event.clientX - left) / width) * canvas.width)
    const y = Math.round(((event.clientY - top) / height) * canvas.height)
    this.#drew(goesOn ? this.#x : x, goesOn ? this.#y : y, x, y)
    ;[this.#x, this.#y] = [x, y]
  }

  /** For the canvas's `keydown`. */
  readonly key = (event: KeyboardEvent): void => {
    const { width, height } = event.currentTarget as HTMLCanvasElement
    const [dx, dy] = STEPS[event.key] ?? []
    if (dx === undefined || dy === undefined) return
    event.preventDefault()
    if (event.key === ' ') this.#isDown = !this.#isDown
    const step = Math.round(width / (event.shiftKey ? LARGE_STEPS_ACROSS : STEPS_ACROSS))
    const x = Math.min(width, Math.max(0, this.#x + step * dx))
    const y = Math.min(height, Math.max(0, this.#y + step * dy))
    if (this.#isDown) this.#drew(this.#x, this.#y, x, y)
    ;[this.#x, this.#y] = [x, y]
    this.#moved()
  }
}
