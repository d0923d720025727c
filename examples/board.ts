import type { TemplateResult } from 'lit'
import { html } from 'lit'
import { createRef, ref } from 'lit/directives/ref.js'
import type { Connection } from '../src/client/index.ts'
import type { BoardMessage, Stroke } from './board/stroke.ts'
import { BOARD, COLOURS, COLOUR_NAMES, decodeBoardMessage, drawStroke } from './board/stroke.ts'
import { Pen } from './board/pen.ts'
import { connectStringIn, newProtocol } from './shared/invitation.ts'
import { PeerPage } from './shared/peer-page.ts'
import { hear, tell } from './shared/talk.ts'

const PREFIX = '/x/board-'
/** Strokes that a host remembers for those who come; the oldest go. */
const MAX_STROKES = 5_000

const page = new PeerPage('#board', view)
const canvas = createRef<HTMLCanvasElement>()
const invitation = connectStringIn(location.hash)
const protocol = newProtocol(PREFIX)

/** What is on the board, for those who come. */
let strokes: Stroke[] = []
/** The others: a host's guests, a guest's host. */
const others = new Set<Connection>()
let colour = 0
const pen = new Pen(
  (points) => put({ type: 'stroke', stroke: { colour, points } }),
  () => page.draw(),
)

/** Puts a message on this board, and passes it on: a host to its guests, a guest to its host. */
function put(message: BoardMessage, from?: Connection): void {
  const context = canvas.value?.getContext('2d')
  if (message.type === 'clear') {
    strokes = []
    context?.clearRect(0, 0, BOARD.width, BOARD.height)
  } else {
    strokes.push(message.stroke)
    strokes.splice(0, Math.max(0, strokes.length - MAX_STROKES))
    if (context !== null && context !== undefined) drawStroke(context, message.stroke)
  }
  for (const other of others) if (other !== from) tell(other, message)
}

/** Puts on the board what another one draws, until that one leaves. */
async function draw(connection: Connection): Promise<void> {
  others.add(connection)
  page.draw()
  const why = await hear(connection, (bytes) => {
    const message = decodeBoardMessage(bytes)
    if (message !== undefined) put(message, connection)
  })
  others.delete(connection)
  if (invitation !== '') page.lost(why)
  page.draw()
}

async function host(): Promise<void> {
  for await (const connection of page.arrivals(protocol)) {
    for (const stroke of strokes) tell(connection, { type: 'stroke', stroke } satisfies BoardMessage)
    void draw(connection)
  }
}

async function visit(): Promise<void> {
  const target = page.read(invitation, PREFIX, 'a board')
  if (target === undefined) return
  for await (const connection of page.connections(target)) {
    // The host tells all that is on the board.
    put({ type: 'clear' })
    await draw(connection)
  }
}

function view(): TemplateResult {
  const count = others.size
  const words =
    invitation === ''
      ? `Your board. ${count === 0 ? 'Nobody else is here yet.' : `${count} ${count === 1 ? 'other draws' : 'others draw'} on it.`}`
      : count > 0
        ? 'You draw on somebody’s board.'
        : 'Looking for the board …'
  return html`<h1>Drawing board</h1>
    ${page.status(words)}
    <div class="tools" role="group" aria-label="Pens">
      ${COLOURS.map((value, index) => html`<button type="button" class="pen" aria-pressed=${index === colour} .style=${`--pen: ${value}`} @click=${() => choose(index)}>${COLOUR_NAMES[index]}</button>`)}
      <button type="button" id="clear" @click=${() => put({ type: 'clear' })}>Clear it for all</button>
    </div>
    <div class="paper">
      <canvas
        ${ref(canvas)}
        width=${BOARD.width}
        height=${BOARD.height}
        tabindex="0"
        role="application"
        aria-label="The board. Arrow keys move the pen, the space bar sets it down and lifts it."
        @pointerdown=${pen.pointer}
        @pointermove=${pen.pointer}
        @pointerup=${pen.pointer}
        @pointercancel=${pen.pointer}
        @keydown=${pen.key}
      ></canvas>
      <span class="cursor" data-down=${pen.isDown} .style=${pen.place} aria-hidden="true"></span>
    </div>
    ${
      invitation === ''
        ? html`<section class="card">
            <h2>Draw together</h2>
            ${page.invitation(protocol)}
          </section>`
        : ''
    }
    <footer><a href="../">Your peer</a></footer>`
}

function choose(index: number): void {
  pen.lift()
  colour = index
  page.draw()
}

void (invitation === '' ? host() : visit())
