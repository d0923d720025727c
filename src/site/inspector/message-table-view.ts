import type { TemplateResult } from 'lit'
import { nothing } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { formatBytes } from '../../platform/format.ts'
import { toSentence } from '../feedback.ts'
import { html } from '../html.ts'
import { sentenceView } from '../sentence-view.ts'
import type { MessageDescription } from './message-description.ts'
import { summaryOf } from './message-description.ts'
import { messageDetailsView } from './message-details-view.ts'

/** What a table of messages shows, and what its buttons do. */
export interface MessageTable {
  /** The messages to show, newest first. */
  messages: readonly MessageDescription[]
  /** The message whose details are shown. */
  selected: MessageDescription | undefined
  /** Number of earlier messages that are not shown. */
  earlier: number
  /** How many of them the button shows. */
  step: number
  select: (message: MessageDescription | undefined) => void
  showEarlier: () => void
}

/** Shows messages in a table, each with a button for its details. */
export function messageTableView(table: MessageTable): TemplateResult {
  const { messages, earlier, step, showEarlier } = table
  return html`<div class="card flush">
    <table class="messages">
      <caption class="said">
        Messages, newest first
      </caption>
      <thead>
        <tr>
          <th scope="col">Time</th>
          <th scope="col">Direction</th>
          <th scope="col">Client</th>
          <th scope="col">Message</th>
          <th scope="col">ID</th>
          <th scope="col" class="number">Size</th>
        </tr>
      </thead>
      <tbody>
        ${repeat(
          messages,
          (message) => message,
          (message) => rowView(message, table),
        )}
      </tbody>
    </table>
    ${
      earlier === 0
        ? nothing
        : html`<p class="row padded">
            <button type="button" @click=${showEarlier}>
              Show ${Math.min(earlier, step)} of ${earlier.toLocaleString('en')} earlier messages
            </button>
          </p>`
    }
  </div>`
}

function rowView(message: MessageDescription, { selected, select }: MessageTable): TemplateResult {
  const { record, name, id, problem } = message
  const isOpen = selected === message
  const toggle = (): void => select(isOpen ? undefined : message)
  return html`<tr class=${isOpen ? 'open' : ''}>
      <td class="time" translate="no">${formatTime(record.time)}</td>
      <td class="direction ${record.direction}">${record.direction === 'in' ? '→ peer' : '← peer'}</td>
      <td class="client" translate="no">${record.client}</td>
      <td class="what">
        <button type="button" class="plain" translate="no" aria-expanded=${isOpen} @click=${toggle}>
          ${name}
        </button>
        ${
          problem === ''
            ? html`<span class="summary" translate="no">${summaryOf(message)}</span>`
            : html`<span class="summary bad">${sentenceView(toSentence(problem))}</span>`
        }
      </td>
      <td class="id" translate="no">${id}</td>
      <td class="number size">${formatBytes(record.size)}</td>
    </tr>
    ${
      isOpen
        ? html`<tr class="details">
            <td colspan="6">${messageDetailsView(message)}</td>
          </tr>`
        : nothing
    }`
}

/** Formats a time of day with milliseconds: `09:05:00.250`. */
function formatTime(time: number): string {
  const date = new Date(time)
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, '0')}`
}
