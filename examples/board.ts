import type { TemplateResult } from 'lit'
import { createRef, ref } from 'lit/directives/ref.js'
import type { Connection } from '../src/client/index.ts'
import { BOARD, CLEARING, COLOURS, MARKS, MARK_NUMBERS, MAX_MARKS, PENS, drawMark } from './board/mark.ts'
import { CanvasPen } from './shared/canvas-pen.ts'
import { readPageInvitation } from './shared/invitation.ts'
import type { PageStatus } from './shared/peer-page.ts'
import { PeerPage } from './shared/peer-page.ts'
import { openStatus } from './shared/reach.ts'
import { Star } from './shared/star.ts'
import { html } from '../src/site/html.ts'

const page = new PeerPage({ root: '#board', prefix: '/x/board-', what: 'a board', view, status })
const canvas = createRef<HTMLCanvasElement>()
const invitation = readPageInvitation(() => others.size > 0)
/** The marks to send to new guests, beginning with one that clears the board. */
let marks = [...CLEARING]
/** The guests if this page is the host, or else the host. */
const others: Star<Int16Array> = new Star(MARKS, 'board', () => page.draw())
let chosen = 0
const pen = new CanvasPen(
  [BOARD.width / 2, BOARD.height / 2],
  (...line) => put(Int16Array.of(chosen, ...line)),
  () => page.draw(),
)

/** Draws marks and forwards them to everyone but their sender. */
function put(more: Int16Array, from?: Connection): void {
  for (let at = 0; at < more.length; at += MARK_NUMBERS) {
    const mark = more.subarray(at, at + MARK_NUMBERS)
    if (mark[0] === CLEARING[0]) marks = []
    marks.push(...mark)
    const context = canvas.value?.getContext('2d')
    if (context) drawMark(context, mark)
  }
  marks.splice(MARK_NUMBERS, Math.max(0, marks.length - MAX_MARKS * MARK_NUMBERS))
  others.forward(more, from)
}

/** Draws another peer's marks until it disconnects. Rejects if the connection is lost. */
const watch = (other: Connection): Promise<void> => others.receive(other, (more) => put(more, other))

async function admit(guest: Connection): Promise<void> {
  const ended = watch(guest)
  others.sendTo(guest, Int16Array.from(marks))
  await ended
}

function status(): PageStatus {
  if (invitation !== '')
    return others.size > 0
      ? { sign: 'good', text: 'You are drawing on a shared board.' }
      : { sign: '', text: 'Connecting to the board …' }
  if (others.size === 0) return openStatus('board', page.reach)
  const people = others.size === 1 ? '1 other person is' : `${others.size} others are`
  return { sign: 'good', text: `Your board is open. ${people} drawing on it.` }
}

function view(): TemplateResult {
  const choose = (index: number): void => ((chosen = index), page.draw())
  const [x, y] = pen.place
  return html`<div class="tools" role="group" aria-label="Pens">
      ${PENS.map((name, index) => html`<button type="button" class="pen" aria-pressed=${index === chosen} .style=${`--pen: ${COLOURS[index]}`} @click=${() => choose(index)}>${name}</button>`)}
      <button type="button" id="clear" @click=${() => put(CLEARING)}>Clear for everyone</button>
    </div>
    <div class="paper">
      <canvas
        ${ref(canvas)}
        width=${BOARD.width}
        height=${BOARD.height}
        tabindex="0"
        role="application"
        aria-label="Drawing board. Move the pen with the arrow keys; lower and raise it with the space bar."
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
}

if (invitation === '') void page.host(admit)
else void page.visit(page.read(invitation), watch)
