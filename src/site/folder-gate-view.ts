import type { TemplateResult } from 'lit'
import { nothing } from 'lit'
import type { FolderAccess } from '../folders/index.ts'
import { html } from './html.ts'
import { sentenceView } from './sentence-view.ts'

export type GateState =
  | { kind: 'absent'; name: string }
  | { kind: 'failed'; message: string }
  | {
      kind: 'ask'
      name: string
      /** The user has opened this folder before; only the browser's permission to read it has expired. */
      accepted: boolean
      access: FolderAccess
      /** Opens the folder. Must be called from a click handler. */
      open: () => void
    }

/** The page shown before a folder opens: what the folder's pages can do, and a button to open it. */
export function folderGateView(state: GateState, site: URL): TemplateResult {
  const back = html`<footer><a href=${site.href}>Your peer and its folders</a></footer>`
  switch (state.kind) {
    case 'absent':
      return html`<h1>Folder not found</h1>
        <p>
          ${sentenceView(state.name === '' ? 'The address doesn’t name a folder.' : `This browser has no folder named “${state.name}”.`)}
          A folder opens only in the browser it was added to.
        </p>
        ${back}`
    case 'failed':
      return html`<h1>The folder could not be opened</h1>
        <p role="alert">${sentenceView(state.message)}</p>
        ${back}`
    case 'ask':
      return html`<h1>Open the folder <bdi translate="no">${state.name}</bdi>?</h1>
        ${state.accepted ? nothing : warning()}
        ${
          state.access === 'granted'
            ? nothing
            : html`<p role="status">
                ${
                  state.access === 'denied'
                    ? 'The browser doesn’t allow this site to read the folder. Allow it in the browser’s settings for this site, or add the folder again.'
                    : 'When you press the button, the browser asks again whether this site may read the folder.'
                }
              </p>`
        }
        <p><button type="button" id="open-folder" @click=${state.open}>Open the folder</button></p>
        ${back}`
    default:
      return state satisfies never
  }
}

function warning(): TemplateResult {
  return html`<section class="notice" aria-label="What the folder’s pages can do">
    <p><strong>The folder’s pages act on your behalf.</strong> They have the same rights as this site:</p>
    <ul>
      <li>They can use your peer, its identity and its private key, and connect to other peers.</li>
      <li>They can read and change everything this site stores in this browser, including other folders.</li>
    </ul>
    <p>Open the folder only if you wrote its pages or trust their author, as you would with a program.</p>
  </section>`
}
