import { render } from 'lit'
import type { Client, RelayLinkState } from '../client/index.ts'
import { RelayLink, connect } from '../client/index.ts'
import { peerView } from './peer-view.ts'
import { surroundings } from './surroundings.ts'

const root = document.querySelector('#app')
if (!(root instanceof HTMLElement)) throw new Error('the page has no #app')

root.textContent = ''

const life = new AbortController()
let relay: RelayLinkState = { kind: 'connecting', attempt: 1 }
let client: Client | undefined

function show(): void {
  if (root instanceof HTMLElement)
    render(peerView({ relay, client, surroundings, retry: () => link.retry() }), root)
}

const link = new RelayLink({
  connect: (signal) => connect(surroundings.relayUrl, { signal }),
  changed(state) {
    relay = state
    if (state.kind === 'connected') {
      client = state.client
      client.addEventListener('identify', show)
    }
    // The first state comes while the link is being made.
    queueMicrotask(show)
  },
  signal: life.signal,
})
