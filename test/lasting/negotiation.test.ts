import '../support/polyfill.ts'
import { readFileSync } from 'node:fs'
import { defaultLogger } from '@libp2p/logger'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { LastingStreams } from '../../src/lasting/index.ts'
import { ManualLink, settle } from './manual-link.ts'
import { Reader, TwoSides } from './two-sides.ts'

/**
 * What one side sends on a carrier before it waits for the other; the negotiation is multistream-select's.
 */
interface Step {
  from: 'opener' | 'acceptor'
  negotiation: string
  hex: string
}

const { openings } = JSON.parse(readFileSync('test/lasting/vectors.json', 'utf8')) as {
  openings: { what: string; steps: [Step, Step, Step] }[]
}
const [known, unknown, resumption] = openings as [Opening, Opening, Opening]
type Opening = (typeof openings)[number]

const fromHex = (...hex: string[]): Uint8Array =>
  Uint8Array.from(Buffer.from(hex.join('').replaceAll(' ', ''), 'hex'))
const toHex = (all: Uint8Array[]): string => Buffer.concat(all).toString('hex')
const ID = fromHex('000102030405060708090a0b0c0d0e0f')
const NOT_AVAILABLE = '03 6e610a'
const PLAIN_NEGOTIATION = '13 2f6d756c746973747265616d2f312e302e300a'

/** A link whose stream the dialer has opened without negotiating a protocol. */
function rawLink(): ManualLink {
  const link = new ManualLink()
  link.dialer.protocol = ''
  return link
}

/** Takes what one end has sent so far, as if it had arrived. */
function sent(end: ManualLink['dialer']): string {
  const bytes = end.sent.splice(0)
  while (end.outbox.length > 0) end.take()
  return toHex(bytes)
}

function streams(limits: ConstructorParameters<typeof LastingStreams>[0]['limits'] = {}): LastingStreams {
  return new LastingStreams({
    openCarrier: async () => await Promise.reject(new Error('there is no other way')),
    log: defaultLogger().forComponent('test:negotiation'),
    limits,
  })
}

const started: { stop(): void }[] = []
const withStop = <One extends { stop(): void }>(one: One): One => {
  started.push(one)
  return one
}

afterEach(() => {
  vi.restoreAllMocks()
  for (const one of started.splice(0)) one.stop()
})

/** Makes the next stream's ID that of the vectors. */
function useId(): void {
  vi.spyOn(crypto, 'getRandomValues').mockImplementationOnce((array) => {
    if (array instanceof Uint8Array) array.set(ID)
    return array
  })
}

/** The opener's stream at the point where the resumption of the vectors begins. */
async function beforeResumption(): Promise<{ sides: TwoSides; dialer: Reader; listener: Reader }> {
  const sides = withStop(new TwoSides())
  useId()
  const { dialer, listener } = await sides.open('/x/chat')
  dialer.stream.send(new Uint8Array(5))
  listener.stream.send(new Uint8Array(3))
  await sides.flow()
  return { sides, dialer, listener }
}

describe('the opener of a carrier', () => {
  test.each([1, 1000])('sends what the vectors say, answered in pieces of %d bytes', async (size) => {
    useId()
    const link = rawLink()
    const opening = withStop(streams()).open(link.dialer, 'peer', '/x/chat')
    await settle()
    const [first, answer, last] = known.steps
    expect(link.dialer.sent.length).toBe(1)
    expect(sent(link.dialer)).toBe(toHex([fromHex(first.negotiation, first.hex)]))
    const bytes = fromHex(answer.negotiation, answer.hex)
    for (let start = 0; start < bytes.byteLength; start += size)
      link.dialer.onData(bytes.subarray(start, start + size))
    expect((await opening).protocol).toBe('/x/chat')
    expect(sent(link.dialer)).toBe(toHex([fromHex(last.hex)]))
    expect(link.dialer.protocol).toBe('/lasting/1.0.0')
  })

  test('sends what the vectors say when it has proposed the name as well', async () => {
    useId()
    const link = new ManualLink()
    const opening = withStop(streams()).open(link.dialer, 'peer', '/x/chat', { isNameSent: true })
    await settle()
    link.dialer.onData(fromHex(unknown.steps[1].hex))
    await opening
    expect(sent(link.dialer)).toBe(toHex([fromHex(unknown.steps[2].hex)]))
  })

  test('resumes a stream with the bytes of the vectors', async () => {
    const { sides, dialer } = await beforeResumption()
    const link = rawLink()
    const moving = sides.dialer.migrate(dialer.stream, link.dialer)
    await settle()
    const [first, answer, last] = resumption.steps
    expect(sent(link.dialer)).toBe(toHex([fromHex(first.negotiation, first.hex)]))
    link.dialer.onData(fromHex(answer.negotiation, answer.hex))
    await moving
    expect(sent(link.dialer)).toBe(toHex([fromHex(last.hex)]))
    expect(dialer.stream.carrier).toBe(link.dialer)
  })
})

describe('the acceptor of a carrier', () => {
  test.each(openings.slice(0, 2))('answers $what with the bytes of the vectors', async ({ steps }) => {
    const accepted: Reader[] = []
    const link = new ManualLink()
    withStop(streams()).accept(link.listener, 'peer', (name) =>
      name === '/x/chat' ? (stream) => accepted.push(new Reader(stream)) : undefined,
    )
    const [first, answer, last] = steps
    link.listener.onData(fromHex(first.hex))
    await settle()
    expect(sent(link.listener)).toBe(toHex([fromHex(answer.hex)]))
    link.listener.onData(fromHex(last.hex))
    expect(accepted.map(({ stream }) => stream.protocol)).toEqual(['/x/chat'])
  })

  test('answers a resumption with the bytes of the vectors', async () => {
    const { sides, listener } = await beforeResumption()
    const link = new ManualLink()
    sides.acceptAs('dialer', link)
    const [first, answer, last] = resumption.steps
    link.listener.onData(fromHex(first.hex))
    await settle()
    expect(sent(link.listener)).toBe(toHex([fromHex(answer.hex)]))
    link.listener.onData(fromHex(last.hex))
    expect(listener.stream.carrier).toBe(link.listener)
    expect(listener.stream.epoch).toBe(2)
  })
})

/** What a peer may answer instead, and what comes of it. */
const answers: [string, string | undefined, string][] = [
  ['does not have the protocol', `${PLAIN_NEGOTIATION} ${NOT_AVAILABLE}`, 'LastingUnsupportedError'],
  ['answers with another protocol', `${PLAIN_NEGOTIATION} 05 2f782f790a`, 'LastingUnsupportedError'],
  ['answers garbage', '05 0102030405', 'LastingProtocolError'],
  ['answers with a message that is too long', 'ff 7f', 'LastingProtocolError'],
  [
    'agrees, and sends a frame that is no answer',
    `${known.steps[1].negotiation} 06 0000000000000000 0000000000000000`,
    'LastingProtocolError',
  ],
  ['never answers', undefined, 'LastingLostError'],
]

describe('a carrier that is proposed to a peer which', () => {
  test.each(answers)('%s is no new stream', async (_, answer, name) => {
    const link = rawLink()
    const ours = withStop(streams({ answerTimeoutMs: answer === undefined ? 30 : 10_000 }))
    const opening = ours.open(link.dialer, 'peer', '/x/chat')
    if (answer !== undefined) link.dialer.onData(fromHex(answer))
    await expect(opening).rejects.toMatchObject({ name })
    expect(link.dialer.status).toBe('aborted')
    expect([...ours.streams()]).toEqual([])
  })

  test.each(answers)('%s leaves a stream that would move where it is', async (_, answer, name) => {
    const sides = withStop(new TwoSides({ answerTimeoutMs: answer === undefined ? 500 : 10_000 }))
    const { dialer, listener, link } = await sides.open()
    const better = rawLink()
    const moving = sides.dialer.migrate(dialer.stream, better.dialer)
    if (answer !== undefined) better.dialer.onData(fromHex(answer))
    await expect(moving).rejects.toMatchObject({ name })
    expect(better.dialer.status).toBe('aborted')
    expect(dialer.stream.carrier).toBe(link.dialer)
    dialer.stream.send(new Uint8Array(3))
    await sides.flow()
    expect(listener.bytes.byteLength).toBe(3)
  })
})
