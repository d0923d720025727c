import { isObject, readObject } from '../shared/talk.ts'

/** The board's own size: every screen shows all of it. */
export const BOARD = { width: 1600, height: 1200 }
/** The colours, by their number in a stroke. */
export const COLOURS = ['#23262b', '#1f6b5c', '#1d5fa8', '#b3261e', '#a86200', '#7a3e9d', '#ffffff'] as const
export const COLOUR_NAMES = ['black', 'green', 'blue', 'red', 'orange', 'violet', 'eraser'] as const
/** Points of one stroke that are read. */
const MAX_POINTS = 1_024
/** Bytes of one message that are read. */
const MAX_MESSAGE_BYTES = 32_768

/** A line through points of the board; x and y in turn. */
export interface Stroke {
  colour: number
  points: number[]
}

/** What travels between boards, one JSON object per message. `clear`: all strokes before it are gone. */
export type BoardMessage = { type: 'stroke'; stroke: Stroke } | { type: 'clear' }

/** Reads a message from a peer; undefined for anything that is none. */
export function decodeBoardMessage(bytes: Uint8Array): BoardMessage | undefined {
  const { type, stroke } = readObject(bytes, MAX_MESSAGE_BYTES)
  if (type === 'clear') return { type }
  const { colour, points } = isObject(stroke) ? stroke : {}
  if (type !== 'stroke' || typeof colour !== 'number' || !(colour in COLOURS) || !isPoints(points))
    return undefined
  return { type, stroke: { colour, points } }
}

function isPoints(value: unknown): value is number[] {
  if (!Array.isArray(value) || value.length < 2 || value.length % 2 !== 0) return false
  return (
    value.length <= 2 * MAX_POINTS &&
    value.every((one) => typeof one === 'number' && one >= -BOARD.width && one <= 2 * BOARD.width)
  )
}

/** Draws it, joined to nothing else. */
export function drawStroke(context: CanvasRenderingContext2D, { colour, points }: Stroke): void {
  const [x = 0, y = 0, ...rest] = points
  context.strokeStyle = COLOURS[colour] ?? COLOURS[0]
  context.lineWidth = colour === COLOURS.length - 1 ? 48 : 6
  context.lineCap = 'round'
  context.lineJoin = 'round'
  context.beginPath()
  context.moveTo(x, y)
  if (rest.length === 0) context.lineTo(x, y)
  for (let index = 0; index < rest.length; index += 2) context.lineTo(rest[index] ?? 0, rest[index + 1] ?? 0)
  context.stroke()
}
