import type { TemplateResult } from 'lit'
import { html } from 'lit'
import { createRef, ref } from 'lit/directives/ref.js'
import type { Connection } from '../src/client/index.ts'
import { BOARD, CLEARING, COLOURS, MARK_NUMBERS, MAX_MARKS, PENS, drawMark, readMarks } from './board/mark.ts'
import { CanvasPen } from './shared/canvas-pen.ts'
import { connectStringIn, newProtocol } from './shared/invitation.ts'
import { PeerPage } from './shared/peer-page.ts'

const PREFIX = '/x/board-'

const page = new PeerPage('#board', view)
const canvas = createRef<HTMLCanvasElement>()
const invitation = connectStringIn(location.hash)
const protocol = newProtocol(PREFIX)
/** What is on the board, for those who come: first of all that it was empty. */
let marks = [...CLEARING]
/** The others: a host's guests, a guest's host. */
const others = new Set<Connection>()
let chosen = 0
const pen = new CanvasPen(
  [BOARD.width / 2, BOARD.height / 2],
  (...line) => put(Int16Array.of(chosen, ...line)),
  () => page.draw(),
)

/** Puts marks on this board, and passes them on: a host to its guests, a guest to its host. */
function put(more: Int16Array, from?: Connection): void {
  for (let at = 0; at < more.length; at += MARK_NUMBERS) {
    const mark = more.subarray(at, at + MARK_NUMBERS)
    if (mark[0] === CLEARING[0]) marks = []
    marks.push(...mark)
    const context = canvas.value?.getContext('2d')
    if (context) drawMark(context, mark)
  }
  marks.splice(MARK_NUMBERS, Math.max(0, marks.length - MAX_MARKS * MARK_NUMBERS))
  for (const other of others) if (other !== from) tell(other, more)
  page.draw()
}

/** Somebody who has left, or takes nothing any more, is told nothing. */
function tell(other: Connection, some: Int16Array): void {
  try {
    other.send(new Uint8Array(some.buffer))
  } catch {
    other.close()
  }
}

/** Puts on the board what another one draws, until that one leaves; there is always more to come. Rejects if the link is lost. */
async function watch(connection: Connection): Promise<boolean> {
  others.add(connection)
  page.draw()
  try {
    for await (const message of connection) put(readMarks(message), connection)
    return false
  } finally {
    others.delete(connection)
    page.draw()
  }
}

async function host(): Promise<void> {
  for await (const connection of page.arrivals(protocol)) {
    tell(connection, Int16Array.from(marks))
    watch(connection).catch((error: unknown) => console.debug('a guest has left:', error))
  }
}

function words(): string {
  if (invitation !== '') return others.size > 0 ? 'You draw on somebody’s board.' : 'Looking for the board …'
  if (others.size === 0) return 'Your board. Nobody else is here yet.'
  return `Your board. ${others.size} ${others.size === 1 ? 'other draws' : 'others draw'} on it.`
}

function view(): TemplateResult {
  const choose = (index: number): void => ((chosen = index), page.draw())
  const [x, y] = pen.place
  const content = html`<div class="tools" role="group" aria-label="Pens">
      ${PENS.map((name, index) => html`<button type="button" class="pen" aria-pressed=${index === chosen} .style=${`--pen: ${COLOURS[index]}`} @click=${() => choose(index)}>${name}</button>`)}
      <button type="button" id="clear" @click=${() => put(CLEARING)}>Clear it for all</button>
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
        @keydown=${pen.key}
      ></canvas>
      <span
        class="cursor"
        data-down=${pen.isDown}
        .style=${`left: ${(100 * x) / BOARD.width}%; top: ${(100 * y) / BOARD.height}%`}
        aria-hidden="true"
      ></span>
    </div>
    ${
      invitation === ''
        ? html`<section class="card">
            <h2>Draw together</h2>
            ${page.invitation(protocol)}
          </section>`
        : ''
    }`
  return page.frame('Drawing board', words(), content)
}

void (invitation === '' ? host() : page.visit(invitation, PREFIX, 'a board', watch))
