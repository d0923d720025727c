import type { Awareness } from 'y-protocols/awareness'
import type { Text } from 'yjs'
import { createAbsolutePositionFromRelativePosition, createRelativePositionFromTypeIndex } from 'yjs'

/** The caret of another person. */
export interface Caret {
  name: string
  index: number
}

/** Keeps a text area and a shared text equal, and the selection where it was in the text. */
export function bindText(area: HTMLTextAreaElement, text: Text, awareness: Awareness): void {
  const place = (index: number): object => createRelativePositionFromTypeIndex(text, index)
  const tell = (): void => awareness.setLocalStateField('caret', place(area.selectionEnd))
  area.value = text.toJSON()
  area.addEventListener('input', () =>
    text.doc?.transact(() => edit(text, area.value, area.selectionEnd), area),
  )
  area.addEventListener('selectionchange', tell)
  text.observe(({ changes }, { origin }) => {
    if (origin === area) return tell()
    const selection = [area.selectionStart, area.selectionEnd]
    let at = 0
    for (const { retain = 0, insert = '', delete: gone = 0 } of changes.delta) {
      const grown = typeof insert === 'string' ? insert.length : 0
      at += retain
      for (const [end, index] of selection.entries())
        if (index > at) selection[end] = Math.max(at, index - gone) + grown
      at += grown
    }
    area.value = text.toJSON()
    area.setSelectionRange(selection[0] ?? 0, selection[1] ?? 0)
  })
}

/** Changes only what differs: what is before the caret is compared first, because people write there. */
function edit(text: Text, value: string, caret: number): void {
  const old = text.toJSON()
  const most = Math.min(old.length, value.length)
  let end = 0
  while (end < Math.min(most, value.length - caret) && old.at(-1 - end) === value.at(-1 - end)) end += 1
  let start = 0
  while (start < most - end && old[start] === value[start]) start += 1
  text.delete(start, old.length - start - end)
  text.insert(start, value.slice(start, value.length - end))
}

/** The carets of others, in the order of the text. What they send is checked here. */
export function caretsOf(text: Text, awareness: Awareness): Caret[] {
  const carets: Caret[] = []
  for (const [client, { user, caret }] of awareness.getStates()) {
    if (client === awareness.clientID || text.doc === null || typeof caret !== 'object') continue
    const place = createAbsolutePositionFromRelativePosition(caret, text.doc)
    const name = typeof user === 'string' && user !== '' ? user.slice(0, 40) : 'Somebody'
    if (place?.type === text) carets.push({ name, index: place.index })
  }
  return carets.toSorted((one, other) => one.index - other.index)
}
