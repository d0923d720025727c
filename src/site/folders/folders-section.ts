import './folders.css'
import type { TemplateResult } from 'lit'
import { nothing } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import type { Folder, FolderSource } from '../../folders/index.ts'
import {
  FolderStore,
  canPickFolder,
  folderOfInput,
  folderProblem,
  folderProblemWords,
  foldersOfDrop,
  pickFolder,
} from '../../folders/index.ts'
import { describeError } from '../feedback.ts'
import { html } from '../html.ts'
import { sentenceView } from '../sentence-view.ts'
import { forgetFolder, lostFolders, rememberFolders } from '../remembered.ts'
import type { Section, SiteState } from '../section.ts'
import type { Adding } from './add-progress-view.ts'
import { addProgressView } from './add-progress-view.ts'
import { folderView } from './folder-view.ts'

/** Lists the folders that this browser serves under `/folders/NAME/`, and adds and removes them. */
export class FoldersSection implements Section {
  readonly title = 'Folders'
  readonly #state: SiteState
  readonly #store = new FolderStore()
  readonly #life = new AbortController()
  #folders: Folder[] | undefined
  #adding: Adding | undefined
  /** The folder whose removal the user has to confirm. */
  #removing: string | undefined
  #isOver = false
  #message = ''
  #error = ''
  /** Names of folders that are missing although the user has not removed them. */
  #lost: string[] = []

  constructor(state: SiteState) {
    this.#state = state
    this.#store.watch(() => void this.#list(), this.#life.signal)
    void this.#list()
  }

  view(): TemplateResult {
    return html`
      <p class="quiet">
        Add a folder of web pages, and this browser serves it under
        <code translate="no">/folders/NAME/</code>, as the command does with
        <code translate="no">-files</code>. Nobody else can see it. Pages that open
        <code translate="no">new WebSocket("ws://" + location.host + "/libp2p")</code>, like those written for
        the 2020 relay, reach your peer unchanged. They act on your behalf, so add only folders you trust.
      </p>
      ${this.#dropArea()}
      <p id="folders-said" role="status">${sentenceView(this.#message)}</p>
      ${this.#error === '' ? nothing : html`<p id="folders-problem" role="alert" class="notice bad">${sentenceView(this.#error)}</p>`}
      ${this.#lost.length === 0 ? nothing : this.#lostView()} ${this.#listView()}
    `
  }

  #lostView(): TemplateResult {
    return html`<section id="lost-folders" class="notice" aria-label="Missing folders">
      <p>
        These folders are missing: <bdi translate="no">${this.#lost.join(', ')}</bdi>. The browser or a page
        of this site deleted them. To use them, add them again.
      </p>
      <button
        type="button"
        @click=${() => {
          this.#lost = []
          this.#remember()
          this.#state.draw()
        }}
      >
        Dismiss
      </button>
    </section>`
  }

  #dropArea(): TemplateResult {
    const adding = this.#adding
    return html`<div
      class="card drop ${this.#isOver ? 'over' : ''}"
      @dragenter=${(event: DragEvent) => this.#dragOver(event, true)}
      @dragover=${(event: DragEvent) => this.#dragOver(event, true)}
      @dragleave=${(event: DragEvent) => this.#dragOver(event, false)}
      @drop=${(event: DragEvent) => this.#drop(event)}
    >
      ${
        adding === undefined
          ? html`<p><strong>Drop a folder here</strong>, or</p>
              <div class="row centred">
                ${
                  canPickFolder()
                    ? html`<button
                        type="button"
                        id="pick-folder"
                        class="main"
                        @click=${() => void this.#pick()}
                      >
                        Choose a folder
                      </button>`
                    : nothing
                }
                <label class="button" for="copy-folder">
                  ${canPickFolder() ? 'Copy a folder' : 'Choose a folder'}
                  <input
                    type="file"
                    id="copy-folder"
                    class="said"
                    webkitdirectory
                    multiple
                    @change=${(event: Event) => this.#copy(event.currentTarget as HTMLInputElement)}
                  />
                </label>
              </div>
              <p class="quiet">
                ${
                  canPickFolder()
                    ? 'A folder you choose or drop is read from disk on every load: edit a page and reload to see the change. A copy doesn’t change.'
                    : 'This browser copies the folder. To update the copy, add the folder again.'
                }
              </p>`
          : addProgressView(adding)
      }
    </div>`
  }

  #listView(): TemplateResult {
    const folders = this.#folders
    if (folders === undefined) return html`${nothing}`
    if (folders.length === 0) return html`<p class="quiet">No folders yet.</p>`
    return html`<ul id="folders" class="list tiles">
      ${repeat(
        folders,
        ({ name }) => name,
        (folder) => this.#folderView(folder),
      )}
    </ul>`
  }

  #folderView(folder: Folder): TemplateResult {
    const { name } = folder
    return folderView(folder, this.#removing === name, {
      askToRemove: () => this.#askToRemove(name),
      remove: () => void this.#remove(name),
      keep: () => this.#askToRemove(undefined),
    })
  }

  #askToRemove(name: string | undefined): void {
    this.#removing = name
    this.#state.draw()
  }

  #dragOver(event: DragEvent, isOver: boolean): void {
    event.preventDefault()
    if (this.#isOver === isOver) return
    this.#isOver = isOver
    this.#state.draw()
  }

  #drop(event: DragEvent): void {
    event.preventDefault()
    this.#isOver = false
    if (event.dataTransfer === null) return
    // Must be read in this task: the browser empties it afterwards.
    void foldersOfDrop(event.dataTransfer).then(async ({ folders, strays }) => {
      if (strays.length > 0)
        this.#error = `Only folders can be added, not files: ${strays.slice(0, 3).map(quoted).join(', ')}.`
      for (const folder of folders) await this.#add(folder)
      this.#state.draw()
    })
  }

  #copy(input: HTMLInputElement): void {
    const source = folderOfInput(input.files ?? [])
    if (source === undefined) this.#fail('The folder is empty. Choose another one.')
    else void this.#add(source).finally(() => (input.value = ''))
  }

  async #pick(): Promise<void> {
    try {
      const source = await pickFolder()
      if (source !== undefined) await this.#add(source)
    } catch (error) {
      this.#fail(`The folder could not be opened. ${describeError(error)}`)
    }
  }

  async #add(source: FolderSource): Promise<void> {
    const stop = new AbortController()
    const adding: Adding = { name: source.name, progress: undefined, stop }
    this.#adding = adding
    this.#error = ''
    this.#message = ''
    this.#state.draw()
    const outcome = await this.#store.add(source, {
      signal: stop.signal,
      progress: (progress) => {
        adding.progress = progress
        this.#state.draw()
      },
    })
    this.#adding = undefined
    if (outcome.kind === 'added') {
      this.#message = outcome.replaced
        ? `Replaced the folder ${quoted(outcome.folder.name)}.`
        : `Added ${quoted(outcome.folder.name)}.`
    } else if (outcome.problem.kind === 'aborted') this.#message = folderProblemWords(outcome.problem)
    else this.#error = folderProblemWords(outcome.problem)
    await this.#list()
  }

  async #remove(name: string): Promise<void> {
    this.#removing = undefined
    try {
      // Before the removal, so that other tabs don't report the folder as lost.
      forgetFolder(name)
      await this.#store.remove(name)
      this.#message = `Removed ${quoted(name)}.`
      await this.#list()
    } catch (error) {
      this.#fail(folderProblemWords(await folderProblem(error)))
    }
  }

  async #list(): Promise<void> {
    try {
      this.#folders = await this.#store.list()
      this.#lost = lostFolders(this.#folders.map(({ name }) => name))
      this.#remember()
    } catch (error) {
      this.#error = folderProblemWords(await folderProblem(error))
    }
    this.#state.draw()
  }

  #remember(): void {
    rememberFolders([...(this.#folders ?? []).map(({ name }) => name), ...this.#lost])
  }

  #fail(message: string): void {
    this.#error = message
    this.#state.draw()
  }
}

function quoted(name: string): string {
  return `“${name}”`
}
