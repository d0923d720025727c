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
 * The page shown before a folder opens. The service worker redirects here if the user has not accepted the
 * folder yet, or if the browser's permission to read it has expired. `?open=` is the requested page, relative
 * to the site's root.
 */

const root = document.querySelector('#gate')
if (!(root instanceof HTMLElement)) throw new Error('the page has no #gate')
root.textContent = ''
refuseFrame(root)

const site = new URL('./', location.href)
const target = new URL(new URLSearchParams(location.search).get('open') ?? FOLDERS_PATH, site)
// A redirect keeps the fragment.
target.hash = location.hash
const requested = readFolderUrl(target, site)
const store = new FolderStore()

function show(state: GateState): void {
  if (root instanceof HTMLElement) render(folderGateView(state, site), root)
}

async function check(name: string): Promise<void> {
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
  await check(name)
}

async function attempt(action: () => Promise<void>): Promise<void> {
  try {
    await action()
  } catch (error) {
    show({ kind: 'failed', message: folderProblemWords(await folderProblem(error)) })
  }
}

if (requested === undefined) show({ kind: 'absent', name: '' })
else void attempt(() => check(requested.name))
