import type { TemplateResult } from 'lit'
import type { Connection } from '../src/client/index.ts'
import { formatBytes } from '../src/platform/format.ts'
import type { Offer } from './files/transfer.ts'
import { isOffer, receive, send } from './files/transfer.ts'
import { cleanFileName } from './shared/clean-name.ts'
import { DiskFile } from './shared/disk-file.ts'
import { fileButton } from './shared/file-button.ts'
import { invited } from './shared/invitation.ts'
import { PeerPage } from './shared/peer-page.ts'
import { Progress } from './shared/progress.ts'
import { sha256Of } from './shared/sha256.ts'
import { nextValue } from './shared/talk.ts'
import { Transfers } from './shared/transfers.ts'
import { html } from '../src/site/html.ts'

const page = new PeerPage({ root: '#files', prefix: '/x/file-', what: 'a file', view })
const invitation = invited(() => received !== undefined)
/** What is sent, or fetched, and its SHA-256 as it is made at this end. */
let file: Offer | undefined
let hash = ''
const receivers = new Transfers()
/** Where a fetched file goes to, once the user has said that; the sender's SHA-256, and a link that saves it if it needs one. */
const place = Promise.withResolvers<DiskFile>()
let received: Progress | undefined
let saidHash = ''
let url = ''

async function offer(own: File): Promise<void> {
  file = own
  const ownHash = sha256Of(own)
  void page.act(async () => void (hash = await ownHash))
  await page.host((link) =>
    receivers.run(link.peer, own.size, (progress) => send(link, own, ownHash, progress)),
  )
}

/** Fetches over one connection, on from where the last one was lost, until the file is whole. */
async function fetchRest(connection: Connection): Promise<void> {
  const { name, size } = await nextValue(connection, isOffer)
  file ??= { name: cleanFileName(name), size }
  const to = await place.promise
  received ??= new Progress(file.size)
  saidHash = await receive(connection, to, received)
  ;({ sha256: hash, url } = await to.close())
}

function view(): TemplateResult {
  const button = fileButton('Choose a file', (own) => void offer(own))
  const start = invitation === '' ? button : html`<p class="quiet">Asking what there is …</p>`
  const words = file !== undefined || invitation !== '' ? '' : 'Choose a file: others fetch it from here.'
  return page.frame('Send a file', words, file === undefined ? start : fileView(file.name, file.size))
}

function fileView(name: string, size: number): TemplateResult {
  const offered = html`${page.invitation()}
    <p class="quiet">It is fetched from this page: leave it open.</p>`
  return html`<section class="card" aria-labelledby="name">
      <h2 id="name"><bdi translate="no">${name}</bdi>, ${formatBytes(size)}</h2>
      <p>
        SHA-256:
        <code translate=${hash === '' ? 'yes' : 'no'} id="hash">${hash === '' ? 'not known yet' : hash}</code>
      </p>
      ${invitation === '' ? offered : fetchedView(name)}
    </section>
    ${receivers.rows.map((progress, index) => progress.view(`Receiver ${index + 1}`))}`
}

function fetchedView(name: string): TemplateResult {
  const save = (): void => void page.act(async () => place.resolve(await DiskFile.choose(name)))
  if (received === undefined)
    return html`<button type="button" id="save" class="main" @click=${save}>Save it</button>`
  if (hash === '') return received.view('Received')
  return html`${received.view('Received')}
    <p id="checked" role="status" class="state ${hash === saidHash ? 'good' : 'bad'}">
      ${hash === saidHash ? 'It is whole: its SHA-256 is the same at both ends.' : `It is damaged: the sender’s SHA-256 is ${saidHash}.`}
    </p>
    ${url && html`<a class="button main" id="keep" href=${url} download=${name}>Save it among the downloads</a>`}`
}

DiskFile.sweep().catch((error: unknown) => console.debug('no storage to sweep:', error))
const whole = (): boolean => hash !== ''
if (invitation !== '') void page.visit(page.read(invitation), fetchRest, whole)
// Twice a second is often enough to see that it goes on.
setInterval(() => page.draw(), 500)
