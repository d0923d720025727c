import { render } from 'lit'
import {
  FOLDERS_PATH,
  FolderStore,
  folderProblem,
  folderProblemWords,
  readFolderUrl,
} from '../folders/index.ts'
import type { GateState } from './folder-gate-view.ts'
import { folderGateView } from './folder-gate-view.ts'
import { refuseFrame } from './frame.ts'

/*
 * The page before a folder: the service worker sends here whoever opens a page of a folder that nobody has accepted yet, or one
 * that the browser may not read any more. `?open=` is the page that was asked for, seen from the site's root.
 */

const root = document.querySelector('#gate')
if (!(root instanceof HTMLElement)) throw new Error('the page has no #gate')
root.textContent = ''
refuseFrame(root)

const site = new URL('./', location.href)
const target = new URL(new URLSearchParams(location.search).get('open') ?? FOLDERS_PATH, site)
// The browser keeps the fragment when it is sent here.
target.hash = location.hash
const asked = readFolderUrl(target, site)
const store = new FolderStore()

function show(state: GateState): void {
  if (root instanceof HTMLElement) render(folderGateView(state, site), root)
}

async function look(name: string): Promise<void> {
  const folder = await store.get(name)
  if (folder === undefined) return show({ kind: 'absent', name })
  const access = await store.access(name)
  if (folder.accepted && access === 'granted') return location.replace(target)
  show({
    kind: 'ask',
    name,
    accepted: folder.accepted,
    access,
    open: () => void attempt(() => open(name)),
  })
}

async function open(name: string): Promise<void> {
  const access = await store.requestAccess(name)
  if (access === 'granted') await store.accept(name)
  await look(name)
}

async function attempt(action: () => Promise<void>): Promise<void> {
  try {
    await action()
  } catch (error) {
    show({ kind: 'failed', words: folderProblemWords(await folderProblem(error)) })
  }
}

if (asked === undefined) show({ kind: 'absent', name: '' })
else void attempt(() => look(asked.name))
