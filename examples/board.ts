import type { TemplateResult } from 'lit'
import { createRef, ref } from 'lit/directives/ref.js'
import { BOARD, COLOURS, Marks, PENS } from './board/marks.ts'
import { CanvasPen } from './board/canvas-pen.ts'
import { guestName } from './shared/clean-name.ts'
import { RoomPage, isPerson } from './shared/room-page.ts'
import type { Person } from './shared/room-page.ts'
import { html } from '../src/site/html.ts'

/** The requests that members answer. */
interface Calls {
  /** Returns all marks, or nothing if their digest is the same. */
  marks: { argument: number; answer: Uint8Array }
}

const isBytes = (data: unknown): data is Uint8Array => data instanceof Uint8Array
const page = new RoomPage<Uint8Array, Person, Calls>({
  root: '#board',
  scope: 'board',
  what: 'board',
  isMessage: isBytes,
  isState: isPerson,
  view,
})
const canvas = createRef<HTMLCanvasElement>()
const marks = new Marks()
let chosen = 0
const pen = new CanvasPen(
  [BOARD.width / 2, BOARD.height / 2],
  (...line) => put([marks.sheet, chosen, ...line]),
  () => page.draw(),
)

/** Draws a mark here and on all other boards. */
function put(mark: number[]): void {
  const bytes = new Uint8Array(Int16Array.from(mark).buffer)
  take(bytes)
  if (page.room !== undefined) void page.act(async () => await page.room?.send(bytes))
}

function take(bytes: Uint8Array): void {
  marks.add(bytes, canvas.value?.getContext('2d'))
  page.draw()
}

async function enter(): Promise<void> {
  const { invited } = page
  if (invited !== undefined && 'connectString' in invited) throw new Error('This link is not one to a board.')
  const room = await page.join({ name: guestName() }, invited)
  let caughtUp = Promise.resolve()
  room.addEventListener('message', ({ data }) => take(data))
  room.handle('marks', (digest) => (digest === marks.digest ? new Uint8Array() : marks.bytes))
  room.addEventListener('join', ({ member }) => {
    // One member after another, so that only the first one sends everything.
    caughtUp = caughtUp.then(async () => {
      const bytes = await room.request(member, 'marks', marks.digest).catch((error: unknown) => {
        console.debug('a member has left before it sent its marks:', error)
      })
      if (isBytes(bytes)) take(bytes)
    })
  })
}

function view(): TemplateResult {
  const choose = (index: number): void => ((chosen = index), page.draw())
  const [x, y] = pen.place
  return html`<div class="tools" role="group" aria-label="Pens">
      ${PENS.map((name, index) => html`<button type="button" class="pen" aria-pressed=${index === chosen} .style=${`--pen: ${COLOURS[index]}`} @click=${() => choose(index)}>${name}</button>`)}
      <button type="button" id="clear" @click=${() => put([marks.sheet + 1, -1, 0, 0, 0, 0])}>
        Clear for everyone
      </button>
    </div>
    ${marks.isFull ? html`<p id="full" role="status" class="notice">The board is full. Clear it to go on.</p>` : ''}
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
    </div>`
}

void page.act(enter)
