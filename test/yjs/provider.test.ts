import '../support/polyfill.ts'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { WebrtcProvider } from 'y-webrtc'
import { Awareness } from 'y-protocols/awareness'
import { Doc, applyUpdate, encodeStateAsUpdate } from 'yjs'
import type { ProviderEvents, ProviderOptions } from '../../src/yjs/index.ts'
import { LibP2PProvider } from '../../src/yjs/index.ts'
import type { LabPeer } from '../room/room-lab.ts'
import { RoomLab } from '../room/room-lab.ts'
import { until } from '../support/until.ts'

const lab = new RoomLab()
const open: LibP2PProvider[] = []
afterEach(() => {
  for (const provider of open.splice(0)) {
    provider.destroy()
    provider.awareness.destroy()
    provider.doc.destroy()
  }
})

let names = 0
const roomName = (): string => `tea-${(names += 1)}`

/** A page of a peer, with a document of its own. */
function share(
  peer: LabPeer,
  name: string,
  options: ProviderOptions & { others?: LabPeer[]; doc?: Doc } = {},
): LibP2PProvider {
  const { others = [], doc = new Doc(), ...rest } = options
  const provider = new LibP2PProvider(name, doc, {
    url: peer.url,
    WebSocket,
    peers: others.map(({ target }) => target),
    ...rest,
  })
  open.push(provider)
  return provider
}

const textOf = ({ doc }: LibP2PProvider): string => doc.getText('t').toJSON()

/** Waits until all documents are equal, and returns the text. */
async function converged(...providers: LibP2PProvider[]): Promise<string> {
  return await until('equal documents', () => {
    const [first = '', ...others] = providers.map(textOf)
    return others.every((text) => text === first) && first !== '' && first
  })
}

describe('two pages of different peers', () => {
  test('have what each wrote before they met, and what each writes then', async () => {
    const [one, other] = [await lab.peer(), await lab.peer()]
    const name = roomName()
    const near = share(one, name)
    near.doc.getText('t').insert(0, 'near')
    const far = share(other, name, { others: [one] })
    far.doc.getText('t').insert(0, 'far')
    expect((await converged(near, far)).length).toBe(7)
    near.doc.getText('t').insert(0, '1')
    far.doc.getText('t').insert(0, '2')
    await until('both', () => textOf(near).length === 9 && textOf(far).length === 9)
    await converged(near, far)
  })

  test('fire the events of y-webrtc, and see each other go', async () => {
    const [one, other] = [await lab.peer(), await lab.peer()]
    const name = roomName()
    const near = share(one, name)
    const events: string[] = []
    near.on('status', ({ connected }) => events.push(`status ${connected}`))
    near.on('synced', ({ synced }) => events.push(`synced ${synced}`))
    const peers: ProviderEvents['peers'][] = []
    near.on('peers', (change) => peers.push(change))
    await until('the room', () => near.connected)
    const tab = share(one, name)
    const far = share(other, name, { others: [one] })
    await until('both to be synced', () => peers.length === 2 && near.synced && tab.synced && far.synced)
    expect(peers.map(({ bcPeers, webrtcPeers }) => [bcPeers.length, webrtcPeers.length]).at(-1)).toEqual([
      1, 1,
    ])
    far.destroy()
    await until('the leave', () => peers.length === 3)
    expect(peers[2]?.removed.length).toBe(1)
    expect(peers[2]?.webrtcPeers).toEqual([])
    near.disconnect()
    expect(near.connected).toBe(false)
    expect(events[0]).toBe('status true')
    expect(events.at(-1)).toBe('status false')
    expect(events).toContain('synced true')
  })

  test('share awareness, which ends with the page', async () => {
    const [one, other] = [await lab.peer(), await lab.peer()]
    const name = roomName()
    const near = share(one, name, { others: [other] })
    near.awareness.setLocalStateField('user', { name: 'Ada' })
    const far = share(other, name, { others: [one] })
    const id = near.doc.clientID
    await until('Ada', () => far.awareness.getStates().get(id)?.['user']?.name === 'Ada')
    near.awareness.setLocalStateField('cursor', 3)
    await until('the cursor', () => far.awareness.getStates().get(id)?.['cursor'] === 3)
    near.disconnect()
    await until('her to be gone', () => !far.awareness.getStates().has(id))
    expect(near.awareness.getLocalState()?.['cursor']).toBe(3)
    near.connect()
    await until('her to be back', () => far.awareness.getStates().get(id)?.['cursor'] === 3)
  })

  test('send a document of 3 MB in parts', async () => {
    const [one, other] = [await lab.peer(), await lab.peer()]
    const name = roomName()
    const near = share(one, name)
    near.doc.getText('t').insert(0, 'x'.repeat(3_000_000))
    const far = share(other, name, { others: [one] })
    near.doc.getText('t').insert(0, 'y')
    await until('the whole', () => textOf(far).length === 3_000_001)
    far.doc.getText('t').insert(0, 'z'.repeat(2_500_000))
    await until('the change', () => textOf(near).length === 5_500_001)
  })

  test('do not meet with different passwords, are told, and try again', async () => {
    const [one, other] = [await lab.peer(), await lab.peer()]
    const name = roomName()
    const near = share(one, name, { password: 'right' })
    await until('the room', () => near.connected)
    const far = share(other, name, { password: 'wrong', others: [one] })
    const errors: Error[] = []
    far.on('error', ({ error }) => errors.push(error))
    await until('the error', () => errors.length > 0)
    expect(errors[0]).toMatchObject({ code: 'ERR_WRONG_SECRET' })
    expect(far.connected).toBe(false)
    // Whoever has refused may not be in the room.
    await until('another attempt', () => errors.length > 1)
  })
})

test('a member that sends nonsense is told by an error, and disturbs nobody', async () => {
  const [one, other] = [await lab.peer(), await lab.peer()]
  const name = roomName()
  const near = share(one, name)
  const errors: Error[] = []
  near.on('error', ({ error }) => errors.push(error))
  await until('the room', () => near.connected)
  const room = await lab.join<Uint8Array>(other, name, { others: [one] })
  for (const bytes of [
    [1, 255, 255],
    [2, 9],
    [0, 255],
    [3, 200, 1],
    [4, 1],
    [4, 1, 0, 0, 0, 0, 255, 0, 0, 0],
    [77],
    [],
  ])
    await room.send(Uint8Array.from(bytes))
  await room.send('not bytes' as unknown as Uint8Array)
  await until('the errors', () => errors.length >= 5)
  const tab = share(one, name)
  near.doc.getText('t').insert(0, 'fine')
  expect(await converged(near, tab)).toBe('fine')
})

test('documents converge after random edits at three pages of two peers, through cuts', async () => {
  const [one, other] = [await lab.peer(), await lab.peer()]
  const name = roomName()
  const pages = [share(one, name), share(one, name), share(other, name, { others: [one] })]
  await until('all to meet', () => pages.every(({ room }) => room?.members.size === 2))
  const edit = fc.record({
    page: fc.nat({ max: 2 }),
    what: fc.constantFrom(
      'insert' as const,
      'insert' as const,
      'delete' as const,
      'cut' as const,
      'leave' as const,
    ),
    at: fc.nat({ max: 1_000 }),
    text: fc.string({ minLength: 1, maxLength: 8 }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { maxLength: 30 }), async (edits) => {
      for (const { page, what, at, text } of edits) {
        const provider = pages[page] ?? expect.unreachable()
        const shared = provider.doc.getText('t')
        if (what === 'insert') shared.insert(Math.min(at, shared.length), text)
        else if (what === 'delete' && shared.length > 0) shared.delete(at % shared.length, 1)
        else if (what === 'cut') {
          one.proxy.reset()
          one.proxy.restore()
        } else if (what === 'leave') {
          provider.disconnect()
          provider.connect()
        }
        await new Promise((resolve) => setImmediate(resolve))
      }
      pages[0]?.doc.getText('t').insert(0, '.')
      await until(
        `equal documents: ${pages.map((one) => textOf(one).length).join()}`,
        () => new Set(pages.map(textOf)).size === 1,
        30_000,
      )
    }),
    { numRuns: 8 },
  )
})

test('what is written for y-webrtc finds its options, members and events', async () => {
  const doc = new Doc()
  const awareness = new Awareness(doc)
  const theirs = new WebrtcProvider('parity', doc, { awareness, signaling: [] })
  // The types of y-webrtc’s options are accepted as they are.
  const options: ConstructorParameters<typeof WebrtcProvider>[2] = { awareness, signaling: [], maxConns: 3 }
  const ours = new LibP2PProvider('parity', doc, { ...options, connect: false })
  const publicMembers = [
    'roomName',
    'doc',
    'awareness',
    'shouldConnect',
    'room',
    'connected',
    'connect',
    'disconnect',
    'destroy',
    'on',
    'once',
    'off',
  ]
  for (const member of publicMembers) {
    expect(member in theirs, member).toBe(true)
    expect(member in ours, member).toBe(true)
  }
  theirs.destroy()
  ours.destroy()
  awareness.destroy()
})

test('changes that come from another provider are passed on, and not back', async () => {
  const [one, other] = [await lab.peer(), await lab.peer()]
  const name = roomName()
  const near = share(one, name)
  const far = share(other, name, { others: [one] })
  const elsewhere = new Doc()
  elsewhere.getText('t').insert(0, 'from a server')
  await until('both to meet', () => near.synced && far.synced)
  applyUpdate(near.doc, encodeStateAsUpdate(elsewhere), 'another provider')
  expect(await converged(near, far)).toBe('from a server')
})
