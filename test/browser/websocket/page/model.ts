import fc from 'fast-check'
import type { AcceptedWebSocket } from '../../../../src/websocket/index.ts'
import { acceptWebSocket, createWebSocketConstructor } from '../../../../src/websocket/index.ts'

/** One step of a socket's random life. Sizes are of messages, against a window of 1000 bytes. */
type Step =
  | { step: 'page sends' | 'page sends a Blob' | 'worker sends'; size: number }
  | { step: 'worker pauses' | 'worker resumes' | 'a task passes' }
  | { step: 'page closes' | 'worker closes' | 'worker drops' | 'all fail' }

/** What the model knows: what was sent successfully, and what ended it first. */
interface Model {
  up: number[]
  down: number[]
  end: 'page closes' | 'worker closes' | 'worker drops' | 'all fail' | undefined
  /** An end that has closed receives nothing more. */
  pageClosed: boolean
  workerClosed: boolean
}

const size = fc.nat({ max: 1500 })
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ step: fc.constant('page sends' as const), size }) },
    { weight: 2, arbitrary: fc.record({ step: fc.constant('page sends a Blob' as const), size }) },
    { weight: 6, arbitrary: fc.record({ step: fc.constant('worker sends' as const), size }) },
    { weight: 2, arbitrary: fc.record({ step: fc.constant('worker pauses' as const) }) },
    { weight: 2, arbitrary: fc.record({ step: fc.constant('worker resumes' as const) }) },
    { weight: 8, arbitrary: fc.record({ step: fc.constant('a task passes' as const) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        step: fc.constantFrom('page closes' as const, 'worker closes', 'worker drops', 'all fail'),
      }),
    },
  ),
  { maxLength: 60 },
)

const WINDOW = 1000
const LARGEST = 1500

function task(): Promise<void> {
  const { port1, port2 } = new MessageChannel()
  return new Promise((resolve) => {
    port1.addEventListener('message', () => {
      port1.close()
      resolve()
    })
    port1.start()
    port2.postMessage(null)
  })
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(what)
}

/** More tasks than any run takes. */
const MANY_TASKS = 100_000

async function settle(what: string, isSo: () => boolean): Promise<void> {
  for (let tasks = 0; !isSo(); tasks++) {
    check(tasks < MANY_TASKS, what)
    await task()
  }
}

function isPrefix(part: readonly number[], whole: readonly number[]): boolean {
  return part.length <= whole.length && part.every((value, index) => value === whole[index])
}

function sum(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total + size, 0)
}

/** Both ends in one page, so that each step happens at a known time. */
async function live(life: readonly Step[]): Promise<void> {
  const got = { up: [] as number[], down: [] as number[] }
  const ends = { page: [] as CloseEvent[], worker: 0, errors: 0 }
  const model: Model = { up: [], down: [], end: undefined, pageClosed: false, workerClosed: false }
  const accepted: AcceptedWebSocket[] = []
  const constructor = createWebSocketConstructor({
    native: globalThis.WebSocket,
    owns: () => true,
    maxWindowBytes: WINDOW,
    open(_request, port) {
      const socket = acceptWebSocket(
        port,
        {
          open: () => socket.accept(),
          message: (data) => void got.up.push(data.length),
          closed: () => (ends.worker += 1),
        },
        { windowBytes: WINDOW },
      )
      accepted.push(socket)
    },
  })
  const page = new constructor.WebSocket('/model')
  page.binaryType = 'arraybuffer'
  page.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) => got.down.push(data.byteLength))
  page.addEventListener('error', () => (ends.errors += 1))
  const closed = new Promise<void>((resolve) => {
    page.addEventListener('close', (event) => {
      ends.page.push(event)
      resolve()
    })
  })
  await new Promise((resolve) => page.addEventListener('open', resolve))
  const [worker] = accepted
  if (worker === undefined) throw new Error('nothing was accepted')

  for (const now of life) {
    const before = page.bufferedAmount
    switch (now.step) {
      case 'page sends':
      case 'page sends a Blob':
        if (page.readyState === WebSocket.OPEN && model.end === undefined) model.up.push(now.size)
        page.send(now.step === 'page sends' ? new Uint8Array(now.size) : new Blob([new Uint8Array(now.size)]))
        check(
          page.bufferedAmount === before + now.size,
          'send raises bufferedAmount by the size of the message',
        )
        break
      case 'worker sends':
        if (model.end === undefined) model.down.push(now.size)
        worker.send(new Uint8Array(now.size))
        break
      case 'worker pauses':
        worker.pause()
        break
      case 'worker resumes':
        worker.resume()
        break
      case 'page closes':
        page.close(4000)
        model.pageClosed = true
        model.end ??= now.step
        break
      case 'worker closes':
        worker.close(4001)
        model.workerClosed = true
        model.end ??= now.step
        break
      case 'worker drops':
        worker.drop()
        model.end ??= now.step
        break
      case 'all fail':
        constructor.failAll()
        model.end ??= now.step
        break
      case 'a task passes':
        await task()
        break
      default:
        now satisfies never
    }
    check(isPrefix(got.up, model.up), 'the worker gets what was sent, in order')
    check(isPrefix(got.down, model.down), 'the page gets what was sent, in order')
    check(
      sum(model.up) - sum(got.up) <= page.bufferedAmount + WINDOW + LARGEST,
      'everything that is not buffered has left',
    )
  }

  worker.resume()
  if (model.end === undefined) {
    await settle('everything to arrive at the worker', () => got.up.length === model.up.length)
    await settle('everything to arrive at the page', () => got.down.length === model.down.length)
    await settle('nothing is buffered', () => page.bufferedAmount === 0 && worker.bufferedAmount === 0)
    page.close(4000)
  }
  await closed
  await settle("the worker's end to be reported", () => ends.worker > 0)
  await task()
  check(ends.page.length === 1 && ends.worker === 1, 'each end closes once')
  check(constructor.openSockets === 0, 'no socket is left')
  const [event] = ends.page
  const isClean = event?.wasClean === true
  check((event?.code === 1006) === !isClean, '1006 is unclean, everything else clean')
  check(ends.errors === 0 || event?.code === 1006, 'an error comes only before 1006')
  if (model.end === 'page closes' && isClean && !model.workerClosed)
    check(got.up.length === model.up.length, 'what was sent before close() arrives')
  if (model.end === 'worker closes' && isClean && !model.pageClosed) {
    check(got.down.length === model.down.length, 'what was sent before the worker closed arrives')
  }
  check(worker.counters.malformedMessages + constructor.counters.malformedMessages === 0, 'all is understood')
  check(worker.counters.windowViolations === 0, 'no message exceeds the window')
}

/** Runs that many lives; returns null, or fast-check's report of the shortest that failed. */
async function model(runs: number): Promise<string | null> {
  try {
    await fc.assert(fc.asyncProperty(steps, live), { numRuns: runs })
    return null
  } catch (error) {
    return error instanceof Error ? `${error.message}\n${String(error.cause)}` : String(error)
  }
}

Object.assign(globalThis, { model })
