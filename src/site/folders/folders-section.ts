import type { TemplateResult } from 'lit'
import { nothing } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import type { AddProgress, Folder, FolderSource } from '../../folders/index.ts'
import {
  FolderStore,
  canPickFolder,
  folderOfInput,
  folderProblem,
  folderProblemWords,
  folderUrl,
  foldersOfDrop,
  pickFolder,
} from '../../folders/index.ts'
import { formatBytes, formatCount } from '../../platform/format.ts'
import { html } from '../html.ts'
import { forgetFolder, lostFolders, rememberFolders } from '../remembered.ts'
import type { Section, SiteState } from '../section.ts'

/** What is being added: how far it is, and what stops it. */
interface Adding {
  name: string
  progress: AddProgress | undefined
  stop: AbortController
}

/** Folders of pages that this browser serves under `/folders/NAME/`: drop one, or pick one. */
export class FoldersSection implements Section {
  readonly title = 'Folders'
  readonly #state: SiteState
  readonly #store = new FolderStore()
  readonly #life = new AbortController()
  #folders: Folder[] | undefined
  #adding: Adding | undefined
  /** The folder whose removal waits for a yes. */
  #removing: string | undefined
  #isOver = false
  #said = ''
  #problem = ''
  /** Names of folders that are gone although nobody has removed them here. */
  #lost: string[] = []

  constructor(state: SiteState) {
    this.#state = state
    this.#store.watch(() => void this.#list(), this.#life.signal)
    void this.#list()
  }

  view(): TemplateResult {
    return html`
      <p class="quiet">
        A folder of pages that you drop here is served in this browser alone, under
        <code translate="no">/folders/NAME/</code>, as the command does with
        <code translate="no">-files</code>. Pages that open
        <code translate="no">new WebSocket("ws://" + location.host + "/libp2p")</code>, as those of 2020 do,
        find this peer without any change. Whatever is in the folder acts as your peer: add only what you
        trust.
      </p>
      ${this.#drop()}
      <p id="folders-said" role="status">${this.#said}</p>
      ${this.#problem === '' ? nothing : html`<p id="folders-problem" role="alert" class="notice bad">${this.#problem}</p>`}
      ${this.#lost.length === 0 ? nothing : this.#lostView()} ${this.#listView()}
    `
  }

  #lostView(): TemplateResult {
    return html`<section id="lost-folders" class="notice" aria-label="Folders that are gone">
      <p>
        These folders were kept here and are gone: <bdi translate="no">${this.#lost.join(', ')}</bdi>. The
        browser has deleted them, or a page of this site. Add them again to have them served.
      </p>
      <button
        type="button"
        @click=${() => {
          this.#lost = []
          this.#remember()
          this.#state.draw()
        }}
      >
        Say no more of them
      </button>
    </section>`
  }

  #drop(): TemplateResult {
    const adding = this.#adding
    return html`<div
      class="card drop ${this.#isOver ? 'over' : ''}"
      @dragenter=${(event: DragEvent) => this.#over(event, true)}
      @dragover=${(event: DragEvent) => this.#over(event, true)}
      @dragleave=${(event: DragEvent) => this.#over(event, false)}
      @drop=${(event: DragEvent) => this.#dropped(event)}
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
                        Pick a folder
                      </button>`
                    : nothing
                }
                <label class="button" for="copy-folder">
                  ${canPickFolder() ? 'Copy a folder' : 'Pick a folder'}
                  <input
                    type="file"
                    id="copy-folder"
                    class="said"
                    webkitdirectory
                    multiple
                    @change=${(event: Event) => this.#chosen(event.currentTarget as HTMLInputElement)}
                  />
                </label>
              </div>
              <p class="quiet">
                ${
                  canPickFolder()
                    ? 'A picked folder is read from disk each time: edit, reload, see it. A copy stays as it is now.'
                    : 'This browser keeps a copy of the folder as it is now.'
                }
              </p>`
          : progressView(adding)
      }
    </div>`
  }

  #listView(): TemplateResult {
    const folders = this.#folders
    if (folders === undefined) return html`${nothing}`
    if (folders.length === 0) return html`<p class="quiet">There is no folder yet.</p>`
    return html`<ul id="folders" class="list tiles">
      ${repeat(
        folders,
        ({ name }) => name,
        (folder) => this.#folder(folder),
      )}
    </ul>`
  }

  #folder({ name, kind, size }: Folder): TemplateResult {
    const { href, pathname } = folderUrl(name, location.href)
    return html`<li class="tile">
      <h2><bdi translate="no">${name}</bdi></h2>
      <p class="quiet">
        ${
          kind === 'live'
            ? 'Read from disk each time.'
            : `A copy: ${formatCount(size?.files ?? 0, 'file')}, ${formatBytes(size?.bytes ?? 0)}.`
        }
      </p>
      <p><code translate="no">${pathname}</code></p>
      ${
        this.#removing === name
          ? html`<p role="alert">
                Remove
                it${kind === 'live' ? '? The folder on disk stays as it is.' : ' and its copy? What you copied it from stays as it is.'}
              </p>
              <p class="row">
                <button type="button" class="main" @click=${() => void this.#remove(name)}>Remove</button>
                <button type="button" @click=${() => this.#ask(undefined)}>Keep</button>
              </p>`
          : html`<p class="row">
              <a class="button main" href=${href} target="_blank">Open</a>
              <button type="button" aria-label=${`Remove ${name}`} @click=${() => this.#ask(name)}>
                Remove
              </button>
            </p>`
      }
    </li>`
  }

  #ask(name: string | undefined): void {
    this.#removing = name
    this.#state.draw()
  }

  #over(event: DragEvent, isOver: boolean): void {
    event.preventDefault()
    if (this.#isOver === isOver) return
    this.#isOver = isOver
    this.#state.draw()
  }

  #dropped(event: DragEvent): void {
    event.preventDefault()
    this.#isOver = false
    if (event.dataTransfer === null) return
    // In this very task: afterwards the browser has emptied it.
    void foldersOfDrop(event.dataTransfer).then(async ({ folders, strays }) => {
      if (strays.length > 0)
        this.#problem = `Only folders can be added: ${strays.slice(0, 3).join(', ')} is none.`
      for (const folder of folders) await this.#add(folder)
      this.#state.draw()
    })
  }

  #chosen(input: HTMLInputElement): void {
    const source = folderOfInput(input.files ?? [])
    if (source === undefined) this.#fail('There are no files in that folder.')
    else void this.#add(source).finally(() => (input.value = ''))
  }

  async #pick(): Promise<void> {
    try {
      const source = await pickFolder()
      if (source !== undefined) await this.#add(source)
    } catch (error) {
      this.#fail(`The folder cannot be had: ${String(error)}`)
    }
  }

  async #add(source: FolderSource): Promise<void> {
    const stop = new AbortController()
    const adding: Adding = { name: source.name, progress: undefined, stop }
    this.#adding = adding
    this.#problem = ''
    this.#said = ''
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
      this.#said = outcome.replaced
        ? `${outcome.folder.name} has taken the place of the folder of that name.`
        : `${outcome.folder.name} was added.`
    } else if (outcome.problem.kind === 'aborted') this.#said = folderProblemWords(outcome.problem)
    else this.#problem = folderProblemWords(outcome.problem)
    await this.#list()
  }

  async #remove(name: string): Promise<void> {
    this.#removing = undefined
    try {
      // First of all, as another tab lists the folders once this one is gone.
      forgetFolder(name)
      await this.#store.remove(name)
      this.#said = `${name} was removed.`
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
      this.#problem = folderProblemWords(await folderProblem(error))
    }
    this.#state.draw()
  }

  #remember(): void {
    rememberFolders([...(this.#folders ?? []).map(({ name }) => name), ...this.#lost])
  }

  #fail(words: string): void {
    this.#problem = words
    this.#state.draw()
  }
}

function progressView({ name, progress, stop }: Adding): TemplateResult {
  const isCopying = progress !== undefined && progress.step !== 'list'
  return html`<p>Adding <bdi translate="no">${name}</bdi> …</p>
    <progress
      aria-label="Copied"
      max="1"
      .value=${isCopying ? progress.bytes / Math.max(1, progress.totalBytes) : 0}
    ></progress>
    <p class="quiet">${progress === undefined ? 'Looking at it …' : progressWords(progress)}</p>
    <button type="button" id="stop-adding" @click=${() => stop.abort()}>Stop</button>`
}

function progressWords({ step, files, bytes, totalFiles, totalBytes }: AddProgress): string {
  if (step === 'list') return `${formatCount(files, 'file')} found, ${formatBytes(bytes)}.`
  if (step === 'save') return 'Saving …'
  return `${formatCount(files, 'file')} of ${totalFiles.toLocaleString('en')}, ${formatBytes(bytes)} of ${formatBytes(totalBytes)}.`
}
