import type { TemplateResult } from 'lit'
import type { Folder } from '../../folders/index.ts'
import { folderUrl } from '../../folders/index.ts'
import { formatBytes, formatCount } from '../../platform/format.ts'
import { html } from '../html.ts'

/** What the buttons of a {@link folderView} do. */
export interface FolderActions {
  askToRemove: () => void
  remove: () => void
  keep: () => void
}

/**
 * Shows a folder with its address and buttons to open and remove it. `isRemoving` asks the user to confirm
 * the removal.
 */
export function folderView(
  { name, kind, size }: Folder,
  isRemoving: boolean,
  { askToRemove, remove, keep }: FolderActions,
): TemplateResult {
  const { href, pathname } = folderUrl(name, location.href)
  return html`<li class="tile">
    <h2><bdi translate="no">${name}</bdi></h2>
    <p class="quiet">
      ${
        kind === 'live'
          ? 'Read from disk on every load.'
          : `Copied: ${formatCount(size?.files ?? 0, 'file')}, ${formatBytes(size?.bytes ?? 0)}.`
      }
    </p>
    <p><code translate="no">${pathname}</code></p>
    ${
      isRemoving
        ? html`<p role="alert">
              ${
                kind === 'live'
                  ? 'Remove this folder? The folder on disk is not changed.'
                  : 'Remove this folder and its copy? The original folder is not changed.'
              }
            </p>
            <p class="row">
              <button type="button" class="main" @click=${remove}>Remove</button>
              <button type="button" @click=${keep}>Keep</button>
            </p>`
        : html`<p class="row">
            <a class="button main" href=${href} target="_blank">Open</a>
            <button type="button" aria-label=${`Remove ${name}`} @click=${askToRemove}>Remove</button>
          </p>`
    }
  </li>`
}
