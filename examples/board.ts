import type { TemplateResult } from 'lit'
import { createRef, ref } from 'lit/directives/ref.js'
import type { Connection } from '../src/client/index.ts'
import { BOARD, CLEARING, COLOURS, MARKS, MARK_NUMBERS, MAX_MARKS, PENS, drawMark } from './board/mark.ts'
import { CanvasPen } from './shared/canvas-pen.ts'
import { invited } from './shared/invitation.ts'
import { PeerPage } from './shared/peer-page.ts'
import { Star } from './shared/star.ts'
import { html } from '../src/site/html.ts'

const page = new PeerPage({ root: '#board', prefix: '/x/board-', what: 'a board', view })
const canvas = createRef<HTMLCanvasElement>()
const invitation = invited(() => others.size > 0)
/** What is on the board, for those who come: first of all that it was empty. */
let marks = [...CLEARING]
/** A host's guests, or a guest's host. */
const others: Star<Int16Array> = new Star(MARKS, 'board', () => page.draw())
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
  others.pass(more, from)
}

/** Puts on the board what another one draws, until that one leaves. Rejects if the link is lost. */
const watch = (other: Connection): Promise<void> => others.hear(other, (more) => put(more, other))

async function admit(guest: Connection): Promise<void> {
  const ended = watch(guest)
  others.tell(guest, Int16Array.from(marks))
  await ended
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
            ${page.invitation()}
          </section>`
        : ''
    }`
  return page.frame('Drawing board', words(), content)
}

if (invitation === '') void page.host(admit)
else void page.visit(page.read(invitation), watch)
