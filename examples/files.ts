import type { TemplateResult } from 'lit'
import type { Connection } from '../src/client/index.ts'
import { formatBytes } from '../src/platform/format.ts'
import { receive, send } from './files/transfer.ts'
import { cleanFileName } from './shared/clean-name.ts'
import { DiskFile } from './shared/disk-file.ts'
import { fileButton } from './shared/file-button.ts'
import type { Offer } from './shared/file-offer.ts'
import { isOffer } from './shared/file-offer.ts'
import { readPageInvitation } from './shared/invitation.ts'
import type { PageStatus } from './shared/peer-page.ts'
import { PeerPage } from './shared/peer-page.ts'
import { Progress } from './shared/progress.ts'
import { openStatus } from './shared/reach.ts'
import { sha256Of } from './shared/sha256.ts'
import { nextValue } from './shared/talk.ts'
import { Transfers } from './shared/transfers.ts'
import { html } from '../src/site/html.ts'

const page = new PeerPage({ root: '#files', prefix: '/x/file-', what: 'a file', view, status })
const invitation = readPageInvitation(() => received !== undefined)
/** The file that is offered or received, and its SHA-256 as calculated here. */
let file: Offer | undefined
let hash = ''
const receivers = new Transfers()
/** Where the user wants to save the file, the sender's SHA-256, and a download URL if one is needed. */
const place = Promise.withResolvers<DiskFile>()
let received: Progress | undefined
let source: Connection | undefined
let senderHash = ''
let url = ''

async function offer(own: File): Promise<void> {
  file = own
  const ownHash = sha256Of(own)
  void page.act(async () => void (hash = await ownHash))
  await page.host((guest) =>
    receivers.run(guest, own.size, (progress) => send(guest, own, ownHash, progress)),
  )
}

/** Receives the rest of the file: all of it, unless an earlier connection has ended. */
async function fetchRest(connection: Connection): Promise<void> {
  source = connection
  const { name, size } = await nextValue(connection, isOffer)
  file ??= { name: cleanFileName(name), size }
  const to = await place.promise
  received ??= new Progress(file.size)
  senderHash = await receive(connection, to, received)
  ;({ sha256: hash, url } = await to.close())
}

function view(): TemplateResult {
  const button = fileButton('Choose a file', (own) => void offer(own))
  const start = invitation === '' ? button : html`<p class="quiet">Waiting for the sender …</p>`
  return file === undefined ? start : fileView(file.name, file.size)
}

function status(): PageStatus {
  if (invitation !== '') return { sign: '', text: 'Your peer is running.' }
  if (file === undefined) return { sign: 'good', text: 'Choose a file to send.' }
  return openStatus('file', page.reach)
}

function fileView(name: string, size: number): TemplateResult {
  const offered = html`${page.invitation()}
    <p class="quiet">Keep this page open until everyone has received the file.</p>`
  return html`<section class="card" aria-labelledby="name">
      <h2 id="name"><bdi translate="no">${name}</bdi>, ${formatBytes(size)}</h2>
      <p>
        SHA-256:
        <code translate=${hash === '' ? 'yes' : 'no'} id="hash">${hash === '' ? 'calculating …' : hash}</code>
      </p>
      ${invitation === '' ? offered : fetchedView(name)}
    </section>
    ${receivers.rows.map(({ progress, link }, index) => progress.view(`Receiver ${index + 1}`, link))}`
}

function fetchedView(name: string): TemplateResult {
  const save = (): void => void page.act(async () => place.resolve(await DiskFile.choose(name)))
  if (received === undefined)
    return html`<button type="button" id="save" class="main" @click=${save}>Save file</button>`
  if (hash === '') return received.view('Received', source?.link)
  return html`${received.view('Received')}
    <p id="checked" role="status" class="state ${hash === senderHash ? 'good' : 'bad'}">
      ${hash === senderHash ? 'File received. Its SHA-256 matches the sender’s.' : `The file is damaged: the sender’s SHA-256 is ${senderHash}. Ask for another link.`}
    </p>
    ${url && html`<a class="button main" id="keep" href=${url} download=${name}>Save to downloads</a>`}`
}

DiskFile.deleteOrphans().catch((error: unknown) => console.debug('storage is blocked:', error))
const whole = (): boolean => hash !== ''
if (invitation !== '') void page.visit(page.read(invitation), fetchRest, whole)
// Shows the progress.
setInterval(() => page.draw(), 500)
