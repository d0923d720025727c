import type { TemplateResult } from 'lit'
import { nothing } from 'lit'
import type { FolderAccess } from '../folders/index.ts'
import { html } from './html.ts'

export type GateState =
  | { kind: 'absent'; name: string }
  | { kind: 'failed'; words: string }
  | {
      kind: 'ask'
      name: string
      /** Somebody has let its pages be opened before: only the permission to read it has lapsed. */
      accepted: boolean
      access: FolderAccess
      /** To be called in a click. */
      open: () => void
    }

/** The page before a folder: what its pages may do, and the button that opens it. */
export function folderGateView(state: GateState, site: URL): TemplateResult {
  const back = html`<footer><a href=${site.href}>Your peer and its folders</a></footer>`
  switch (state.kind) {
    case 'absent':
      return html`<h1>There is no such folder</h1>
        <p>
          ${state.name === '' ? 'The address names no folder.' : `No folder here is called ${state.name}.`}
          Folders are kept in the browser that they were given to.
        </p>
        ${back}`
    case 'failed':
      return html`<h1>The folder cannot be opened</h1>
        <p role="alert">${state.words}</p>
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
                    ? 'The browser does not let this site read the folder. Its settings for this site can change that; or give the folder again.'
                    : 'The browser has to ask you again whether this site may read the folder: it does so when you press the button.'
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
  return html`<section class="notice" aria-label="What its pages may do">
    <p><strong>Its pages act as you.</strong> They belong to this site as long as they are open:</p>
    <ul>
      <li>they use your peer, its name and its key, and reach other peers through it;</li>
      <li>they can read and change all that this site keeps in this browser, the other folders too.</li>
    </ul>
    <p>Open it only if you wrote its pages, or trust who did, as you would a program.</p>
  </section>`
}
