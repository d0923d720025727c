import { descriptionCases, errorCases, eventCases } from './argument-cases.ts'
import type { Bench } from './bench.ts'
import type { Classes } from './classes.ts'
import { brandCases, certificateCases, channelCases, classCases } from './member-cases.ts'
import { outcomeOf } from './outcome.ts'

/** The outcome of each use of the classes, as plain data. */
export async function constructorOutcomes(classes: Classes): Promise<Record<string, unknown>> {
  const pc = new classes.RTCPeerConnection()
  const channel = pc.createDataChannel('x')
  const candidate = new classes.RTCIceCandidate({ candidate: '', sdpMid: '0' })
  const error = new classes.RTCError({ errorDetail: 'data-channel-failure' })
  const bench: Bench = { classes, pc, channel, candidate, error }
  const outcomes: Record<string, unknown> = {}
  for (const cases of [
    eventCases,
    errorCases,
    descriptionCases,
    brandCases,
    classCases,
    channelCases,
    certificateCases,
  ]) {
    for (const [title, run] of Object.entries(cases(bench))) outcomes[title] = await outcomeOf(run)
  }
  pc.close()
  return outcomes
}
