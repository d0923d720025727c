/** Second arguments by description, created for each use. */
const ARGUMENTS: Record<string, () => unknown[]> = {
  'an empty object': () => [{}],
  'an object without a prototype': () => [Object.create(null)],
  null: () => [null],
  'an empty object as third': () => [undefined, {}],
  'a function': () => [function () {}],
  'protocols in an object': () => [{ protocols: ['a', 'b'] }],
  'protocols in a function': () => [Object.assign(() => undefined, { protocols: new Set(['b']) })],
  'an object whose text is a protocol': () => [{ protocols: ['a'], toString: () => 'b' }],
  'protocols as one string': () => [{ protocols: 'b' }],
  'protocols that are null': () => [{ protocols: null }],
  'protocols that are undefined': () => [{ protocols: undefined }],
  'protocols that are not tokens': () => [{ protocols: ['a b'] }],
  'the same protocol twice': () => [{ protocols: ['b', 'b'] }],
  'protocols that throw': () => [
    {
      get protocols() {
        throw new RangeError('no')
      },
    },
  ],
  'an address space': () => [{ protocols: ['b'], targetAddressSpace: 'loopback' }],
  'an address space that is an object': () => [{ targetAddressSpace: { toString: () => 'loopback' } }],
  'an unknown address space': () => [{ targetAddressSpace: 'bogus' }],
  'the address space unknown': () => [{ targetAddressSpace: 'unknown' }],
  'the private address space': () => [{ targetAddressSpace: 'private' }],
  'an address space that is null': () => [{ targetAddressSpace: null }],
  'an address space that is a symbol': () => [{ targetAddressSpace: Symbol('local') }],
  'a wrong address space and protocols that are not tokens': () => [
    { protocols: ['a b'], targetAddressSpace: 'bogus' },
  ],
}

function nameOf(error: unknown): string {
  return error instanceof DOMException || error instanceof Error ? error.name : 'something else'
}

async function outcome(url: string, args: unknown[]): Promise<string> {
  let socket: WebSocket
  try {
    socket = Reflect.construct(WebSocket, [url, ...args]) as WebSocket
  } catch (error) {
    return nameOf(error)
  }
  const { type } = await new Promise<Event>((resolve) => {
    socket.addEventListener('open', resolve)
    socket.addEventListener('close', resolve)
  })
  socket.close()
  return `${type} ${socket.protocol}`
}

/** The order in which the members are read and converted. */
function order(url: string): string {
  const seen: string[] = []
  const text = (name: string, value: string): object => ({
    toString() {
      seen.push(`${name} as text`)
      return value
    },
  })
  const options = {
    get targetAddressSpace() {
      seen.push('targetAddressSpace')
      return text('targetAddressSpace', 'loopback')
    },
    get protocols() {
      seen.push('protocols')
      return [text('protocol', 'b')]
    },
    toString() {
      seen.push('options as text')
      return 'b'
    },
  }
  const made: unknown[] = []
  try {
    made.push(Reflect.construct(WebSocket, [text('url', url), options]))
  } catch (error) {
    seen.push(nameOf(error))
  }
  for (const socket of made) (socket as WebSocket).close()
  return seen.join(', ')
}

const functions = {
  /**
   * The outcome of each second argument: the protocol of the socket that opened, or the error that was
   * thrown.
   */
  async outcomes(base: string): Promise<Record<string, string>> {
    const told: Record<string, string> = {}
    for (const [name, args] of Object.entries(ARGUMENTS)) {
      // Firefox opens a socket for which none of its protocols was chosen, against the standard.
      const choose = name === 'null' ? 'null' : 'b'
      told[name] = await outcome(`${base}echo?choose=${choose}`, args())
      told[`${name}, with an invalid URL`] = await outcome('ws://[', args())
    }
    told['the order of conversions'] = order(`${base}echo`)
    told['the order of conversions, with an invalid URL'] = order('ws://[')
    return told
  },
}

Object.assign(globalThis, functions)

/** What this script adds to the page's globals. */
export type OptionsFunctions = typeof functions
