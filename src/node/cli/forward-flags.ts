import { CommandError, oneLine } from '../command-error.ts'
import type { ForwardingInit } from '../forward/forwarding.ts'
import type { ForwardSpec, TunnelSpec } from '../forward/specs.ts'
import { parseAllowed, parseForward, parseTunnel } from '../forward/specs.ts'
import type { FlagReader } from './flag-syntax.ts'

/** The flags `-forward`, `-allow` and `-tunnel`. */
export interface ForwardFlags {
  readers: [name: string, reader: FlagReader][]
  /**
   * Returns what was given, once all flags are read. Undefined if nothing is to be forwarded.
   *
   * @throws CommandError `usage` if it is unclear who may use a forward
   */
  result(): ForwardingInit | undefined
}

/** Makes the readers of the flags. Each flag can be given `maxRepeats` times. */
export function forwardFlags(maxRepeats: number): ForwardFlags {
  const forwards: ForwardSpec[] = []
  const tunnels: TunnelSpec[] = []
  const allowed = new Set<string>()
  const list = <T>(name: string, parse: (text: string) => T, size: () => number, add: (value: T) => void) => {
    const set = (given: string): string | undefined => {
      if (size() >= maxRepeats) return `it can be given at most ${maxRepeats} times`
      try {
        add(parse(given))
        return undefined
      } catch (error) {
        return oneLine(error)
      }
    }
    return [name, { kind: 'value', set }] satisfies [string, FlagReader]
  }
  return {
    readers: [
      list('forward', parseForward, () => forwards.length, addForward),
      list(
        'tunnel',
        parseTunnel,
        () => tunnels.length,
        (tunnel) => tunnels.push(tunnel),
      ),
      list(
        'allow',
        parseAllowed,
        () => allowed.size,
        (peer) => allowed.add(peer),
      ),
    ],
    result() {
      const [first] = forwards
      if (first === undefined && allowed.size > 0)
        throw new CommandError('usage', '-allow has no effect without -forward')
      if (first !== undefined && allowed.size === 0)
        throw new CommandError(
          'usage',
          `-forward ${first.protocol}: say who may use it, with -allow PEERID for each peer, or -allow any for everybody`,
        )
      if (forwards.length + tunnels.length === 0) return undefined
      return { forwards, tunnels, allowed: allowed.has('any') ? 'any' : allowed }
    },
  }

  function addForward(forward: ForwardSpec): void {
    if (forwards.some(({ protocol }) => protocol === forward.protocol))
      throw new Error('this protocol is forwarded already')
    forwards.push(forward)
  }
}
