import { configurationOutcomes } from './configuration-cases.ts'
import { constructorOutcomes } from './constructor-cases.ts'
import { interfaceShapes } from './shape-cases.ts'

/** What is compared between the browser's own classes, in a page, and the borrowed ones, in a worker. */
export type Comparison = 'configurations' | 'constructors' | 'shapes'

/** What the global classes return, as plain data. */
export async function compare(what: Comparison): Promise<Record<string, unknown>> {
  switch (what) {
    case 'configurations':
      return configurationOutcomes(RTCPeerConnection)
    case 'constructors':
      return constructorOutcomes(globalThis)
    case 'shapes':
      return interfaceShapes()
    default:
      return what satisfies never
  }
}
