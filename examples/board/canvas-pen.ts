/** The pen's movement by key, in steps. The space bar lowers and raises it. */
const STEPS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
  ' ': [0, 0],
}
/** Steps across the canvas, without and with Shift. */
const STEPS_ACROSS = 80
const LARGE_STEPS_ACROSS = 20

/**
 * Draws on a canvas with a pointing device, or with the arrow keys and the space bar. Coordinates are canvas
 * pixels.
 */
export class CanvasPen {
  readonly #drew: (...line: [x: number, y: number, toX: number, toY: number]) => void
  readonly #moved: () => void
  #x: number
  #y: number
  #isDown = false

  /**
   * @param drew called for each straight line, which has no length for a dot
   * @param moved called when a key has moved, lowered or raised the pen
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

  /** Whether the arrow keys draw. */
  get isDown(): boolean {
    return this.#isDown
  }

  /** The pen's coordinates. */
  get place(): [x: number, y: number] {
    return [this.#x, this.#y]
  }

  /** Handles `pointerdown` and `pointermove` of the canvas. Only the first of several fingers draws. */
  readonly pointer = (event: PointerEvent): void => {
    const canvas = event.currentTarget as HTMLCanvasElement
    const isMove = event.type === 'pointermove'
    if (!event.isPrimary || (isMove && !canvas.hasPointerCapture(event.pointerId))) return
    canvas.setPointerCapture(event.pointerId)
    const { left, top, width, height } = canvas.getBoundingClientRect()
    const x = Math.round(((event.clientX - left) / width) * canvas.width)
    const y = Math.round(((event.clientY - top) / height) * canvas.height)
    this.#drew(isMove ? this.#x : x, isMove ? this.#y : y, x, y)
    ;[this.#x, this.#y] = [x, y]
  }

  /** Handles `keydown` of the canvas. */
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
