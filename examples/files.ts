import type { TemplateResult } from 'lit'
import { nothing } from 'lit'
import { formatBytes } from '../src/platform/format.ts'
import type { Member } from '../src/room/index.ts'
import { RoomError } from '../src/room/index.ts'
import { describeError } from '../src/site/feedback.ts'
import { html } from '../src/site/html.ts'
import { DiskFile } from './files/disk-file.ts'
import { Download } from './files/download.ts'
import type { Source } from './files/download.ts'
import { acceptDrops, fileButton } from './files/file-input.ts'
import type { Calls, Offer, Sender } from './files/offer.ts'
import { isPartRequest, isSender } from './files/offer.ts'
import type { OwnFile } from './files/own-files.ts'
import { OwnFiles } from './files/own-files.ts'
import { cleanFileName, cleanName, guestName } from './shared/clean-name.ts'
import { element } from './shared/element.ts'
import { RoomPage, nameOf } from './shared/room-page.ts'

const isNothing = (data: unknown): data is never => data === null
const page = new RoomPage<never, Sender, Calls>({
  root: '#files',
  scope: 'files',
  what: 'room',
  isMessage: isNothing,
  isState: isSender,
  view,
})
const name = element('#name', HTMLInputElement)
const own = new OwnFiles((problem = '') => {
  page.fail(problem)
  tellState()
})
/** The downloads by the ID of their file. */
const downloads = new Map<string, Download>()
let joining: Promise<unknown> | undefined

const ownState = (): Sender => ({ name: cleanName(name.value), files: own.offers })

/** Tells all members who this is and what it offers. */
function tellState(): void {
  if (page.room !== undefined) page.room.state = ownState()
  page.draw()
}

/** Opens a room, or joins that of the link. */
async function enter(): Promise<void> {
  const { invited } = page
  if (invited !== undefined && 'connectString' in invited) throw new Error('This link doesn’t lead to files.')
  const room = await page.join(ownState(), invited)
  room.handle('read', (request, { member }) => {
    if (!isPartRequest(request)) throw new Error('This is not a request for a part of a file')
    return own.read(request.id, request.at, { id: member.id, name: nameOf(member) })
  })
  room.handle('hash', (id, { member }) => own.hash(id, { id: member.id, name: nameOf(member) }))
  tellState()
}

function offer(files: Iterable<File>): void {
  own.add(files)
  void page.act(async () => await (joining ??= enter()))
}

async function save(wanted: Offer): Promise<void> {
  const to = await DiskFile.choose(cleanFileName(wanted.name))
  const isTemporary = (error: unknown): boolean =>
    error instanceof RoomError && error.code !== 'ERR_REQUEST_FAILED'
  const source = (signal: AbortSignal): Promise<Source> => sourceOf(wanted.id, signal)
  downloads.set(
    wanted.id,
    new Download({ offer: wanted, to, source, isTemporary, changed: () => page.draw() }),
  )
}

const senderOf = (id: string): Member<Sender> | undefined =>
  [...(page.room?.members.values() ?? [])].find(({ state }) => state?.files.some((file) => file.id === id))

/** Resolves as soon as a member offers the file: at once, or when a lost one is back. */
async function sourceOf(id: string, signal: AbortSignal): Promise<Source> {
  const { room } = page
  if (room === undefined) throw new Error('This page has no room')
  const changed = (): Promise<unknown> =>
    new Promise((resolve) => {
      for (const type of ['join', 'state'] as const)
        room.addEventListener(type, resolve, { once: true, signal })
      signal.addEventListener('abort', resolve, { once: true })
    })
  let member = senderOf(id)
  for (; member === undefined; member = senderOf(id)) {
    await changed()
    signal.throwIfAborted()
  }
  const from = member
  return {
    read: (at, signal) => room.request(from, 'read', { id, at }, { signal }),
    hash: (signal) => room.request(from, 'hash', id, { signal, timeoutMs: 600_000 }),
  }
}

function view(): TemplateResult {
  const members = [...(page.room?.members.values() ?? [])]
  const offers = members.flatMap((member) => (member.state?.files ?? []).map((file) => ({ member, file })))
  const gone = [...downloads.values()].filter(({ offer: { id } }) => senderOf(id) === undefined)
  return html`${offers.map(({ member, file }) => offerView(file, nameOf(member), member.link))}
    ${gone.map(({ offer }) => offerView(offer, ''))} ${fileButton('Choose files', offer)}
    <span class="quiet">or drop them anywhere on this page.</span> ${own.list.map(ownView)}`
}

const ownView = ({ id, name, size, hash, receivers }: OwnFile): TemplateResult =>
  html`<section class="card offer">
    <h2><bdi translate="no">${name}</bdi>, ${formatBytes(size)}</h2>
    <p class="hash">SHA-256: <code translate="no">${hash || '…'}</code></p>
    ${Array.from(receivers.values(), ({ name, progress }) => progress.view(name))}
    <button type="button" class="stop" @click=${() => own.remove(id)}>Stop offering</button>
  </section>`

function offerView(file: Offer, from: string, link?: Member['link']): TemplateResult {
  const download = downloads.get(file.id)
  return html`<section class="card offer">
    <h2><bdi translate="no">${cleanFileName(file.name)}</bdi>, ${formatBytes(file.size)}</h2>
    ${from === '' ? nothing : html`<p class="from">From <bdi translate="no">${from}</bdi></p>`}
    ${
      download === undefined
        ? html`<button type="button" class="main save" @click=${() => void page.act(() => save(file))}>
            Save
          </button>`
        : downloadView(download, link)
    }
  </section>`
}

function downloadView(download: Download, link: Member['link']): TemplateResult {
  const { state, progress, offer } = download
  const again = html`<button type="button" class="save" @click=${() => void page.act(() => save(offer))}>
    Save again
  </button>`
  switch (state.kind) {
    case 'running':
    case 'waiting':
      return html`${progress.view('Received', state.kind === 'running' ? link : 'interrupted')}
        <button type="button" class="cancel" @click=${() => download.cancel()}>Cancel</button>`
    case 'cancelled':
      return html`<p role="status">You have cancelled it.</p>
        ${again}`
    case 'failed':
      return html`<p role="status" class="state bad">${describeError(state.reason)}</p>
        ${again}`
    case 'done':
      return html`<p class="hash">SHA-256: <code translate="no">${state.hash}</code></p>
        <p role="status" class="checked state ${state.isWhole ? 'good' : 'bad'}">
          ${state.isWhole ? 'File received. Its SHA-256 matches the sender’s.' : `The file is damaged: the sender’s SHA-256 is ${state.senderHash}.`}
        </p>
        ${state.url && html`<a class="button main keep" href=${state.url} download=${cleanFileName(offer.name)}>Save to downloads</a>`}`
    default:
      return state satisfies never
  }
}

DiskFile.deleteOrphans().catch((error: unknown) => console.debug('storage is blocked:', error))
name.value = guestName()
name.addEventListener('input', tellState)
acceptDrops(offer)
if (page.invited !== undefined) void page.act(async () => await (joining ??= enter()))
// Shows the progress.
setInterval(() => page.draw(), 500)
