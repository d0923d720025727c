import type { TemplateResult } from 'lit'
import { html, nothing } from 'lit'
import type { Connection } from '../src/client/index.ts'
import { bytesOf } from '../src/site/quantities.ts'
import { sentence } from '../src/site/sentence.ts'
import type { Offer } from './files/transfer.ts'
import { hashOf, hearOffer, hex, newHash, receive, send } from './files/transfer.ts'
import { checkedView, hashView, progressView } from './files/file-view.ts'
import { DiskFile } from './shared/disk-file.ts'
import { connectStringIn, newProtocol } from './shared/invitation.ts'
import { PeerPage } from './shared/peer-page.ts'
import { Progress } from './shared/progress.ts'

const PREFIX = '/x/file-'

const life = new AbortController()
const page = new PeerPage('#files', view)

/** What is sent, and to whom. */
let outgoing: { file: File; protocol: string; hash: string; receivers: Progress[] } | undefined
/** What is received: offered, then chosen a place for, then whole. */
let offer: Offer | undefined
let incoming: { to: DiskFile; progress: Progress; hash: string; saidHash: string; url: string } | undefined
let begin: (to: DiskFile) => void = () => undefined

async function offerFile(file: File): Promise<void> {
  const protocol = newProtocol(PREFIX)
  const hash = hashOf(file)
  const own = { file, protocol, hash: '', receivers: [] as Progress[] }
  outgoing = own
  hash.then(
    (known) => ((own.hash = known), page.draw()),
    (error: unknown) => page.fail(`The file cannot be read. ${sentence(String(error))}`),
  )
  for await (const connection of page.arrivals(protocol)) {
    const progress = new Progress(file.size)
    own.receivers.push(progress)
    // One that is lost comes again, as another.
    void send(connection, file, hash, progress)
      .catch((error: unknown) => console.debug('a receiver has left:', error))
      .finally(() => {
        if (!progress.isOver) own.receivers = own.receivers.filter((other) => other !== progress)
        page.draw()
      })
  }
}

async function fetchFile(invitation: string): Promise<void> {
  const target = page.read(invitation, PREFIX, 'a file')
  if (target === undefined) return
  try {
    const hash = newHash()
    const chosen = new Promise<DiskFile>((resolve) => (begin = resolve))
    for await (const connection of page.connections(target, life.signal)) {
      const over = await fetchRest(connection, hash, chosen).catch((error: unknown) => {
        connection.close()
        if (error instanceof DOMException) throw error
        page.lost(sentence(String(error)))
        return false
      })
      if (over) return
    }
  } catch (error) {
    page.fail(error)
  }
}

/** Receives over one connection. True when the file is whole. */
async function fetchRest(
  connection: Connection,
  hash: ReturnType<typeof newHash>,
  chosen: Promise<DiskFile>,
): Promise<boolean> {
  const heard = await hearOffer(connection)
  if (incoming !== undefined && (heard.version !== offer?.version || heard.size !== offer.size)) {
    throw new DOMException('The file has changed at the other end: load this page anew.', 'InvalidStateError')
  }
  offer = heard
  page.draw()
  const to = await chosen
  incoming ??= { to, progress: new Progress(heard.size), hash: '', saidHash: '', url: '' }
  incoming.saidHash = await receive(connection, to, hash, incoming.progress)
  incoming.hash = hex(hash)
  await to.close()
  if (to.isHidden) incoming.url = URL.createObjectURL(await to.file())
  page.draw()
  return true
}

async function choose(): Promise<void> {
  try {
    const to = await DiskFile.choose(offer?.name ?? 'file')
    if (to !== undefined) begin(to)
  } catch (error) {
    page.fail(`The file cannot be kept here. ${sentence(String(error))}`)
  }
}

function view(): TemplateResult {
  return html`<h1>Send a file</h1>
    ${page.status(outgoing === undefined && !isInvited ? 'Choose a file: others fetch it from here.' : '')}
    ${isInvited ? incomingView() : outgoingView()}
    <footer><a href="../">Your peer</a></footer>`
}

function outgoingView(): TemplateResult {
  if (outgoing === undefined) {
    return html`<label class="button main" for="file"
      >Choose a file<input
        type="file"
        id="file"
        class="said"
        @change=${({ currentTarget }: Event) => {
          const file = (currentTarget as HTMLInputElement).files?.[0]
          if (file !== undefined) void offerFile(file)
        }}
    /></label>`
  }
  const { file, hash, receivers, protocol } = outgoing
  return html`<section class="card" aria-labelledby="name">
      <h2 id="name"><bdi>${file.name}</bdi>, ${bytesOf(file.size)}</h2>
      ${hashView(hash, 'being made …')} ${page.invitation(protocol)}
      <p class="quiet">It is fetched from this page: leave it open.</p>
    </section>
    ${receivers.map((progress, index) => progressView(progress, `Receiver ${index + 1}`))}`
}

function incomingView(): TemplateResult {
  if (offer === undefined) return html`<p class="quiet">Asking what there is …</p>`
  return html`<section class="card" aria-labelledby="name">
    <h2 id="name"><bdi>${offer.name}</bdi>, ${bytesOf(offer.size)}</h2>
    ${incoming === undefined ? html`<button type="button" id="save" class="main" @click=${() => void choose()}>Save it</button>` : progressView(incoming.progress, 'Received')}
    ${incoming === undefined || incoming.hash === '' ? nothing : checkedView(incoming, offer.name)}
  </section>`
}

const invitation = connectStringIn(location.hash)
const isInvited = invitation !== ''
if (isInvited) void fetchFile(invitation)
// Twice a second is often enough to see that it goes on.
setInterval(() => page.draw(), 500)
