import type { Action, State } from './model.ts'
import { actions, check, step } from './model.ts'

/** A state that was reached, and the trace to it. */
export interface Reached {
  state: State
  trace: Action[]
}

/** Visits every state that can be reached in `depth` actions by a shortest trace, and checks it. */
export function explore(first: State, depth: number): Reached[] {
  const seen = new Set([JSON.stringify(first)])
  const reached: Reached[] = [{ state: first, trace: [] }]
  let level = reached.slice()
  for (let done = 0; done < depth && level.length > 0; done += 1) {
    const next: Reached[] = []
    for (const { state, trace } of level) {
      for (const action of actions(state)) {
        const longer = [...trace, action]
        const after = checkedStep(state, action, longer)
        const key = JSON.stringify(after)
        if (seen.has(key)) continue
        seen.add(key)
        next.push({ state: after, trace: longer })
      }
    }
    for (const one of next) reached.push(one)
    level = next
  }
  return reached
}

/** Follows `choices`, numbers from 0 to below 1, and checks each state. */
export function walk(first: State, choices: readonly number[]): Reached {
  const trace: Action[] = []
  let state = first
  for (const choice of choices) {
    const possible = actions(state)
    const action = possible[Math.floor(choice * possible.length)]
    if (action === undefined) break
    trace.push(action)
    state = checkedStep(state, action, trace)
  }
  return { state, trace }
}

/** Lets everything arrive, and resumes what is interrupted. */
export function heal(before: State): State {
  let state: State = { ...before, left: { writes: 0, cuts: 0, carriers: 12, aborts: 0 } }
  for (;;) {
    const next: Action | undefined = quietly(state)
    if (next === undefined) return state
    state = checkedStep(state, next, [next])
  }
}

function quietly(state: State): Action | undefined {
  for (const [carrier, { from, isCut, isOpen }] of state.carriers.entries()) {
    for (const side of ['a', 'b'] as const) {
      const far = side === 'a' ? 'b' : 'a'
      if (!isCut && from[side].length > 0) return { do: 'deliver', carrier, from: side }
      if (isOpen[side] && (isCut || (!isOpen[far] && from[far].length === 0)))
        return { do: 'notice', carrier, side }
    }
  }
  const side = (['a', 'b'] as const).find(
    (one) => state[one].status === 'interrupted' && state[one].candidate === null,
  )
  return side === undefined ? undefined : { do: 'ask', side }
}

function checkedStep(state: State, action: Action, trace: Action[]): State {
  try {
    const after = step(state, action)
    check(after)
    for (const side of ['a', 'b'] as const) {
      if (after[side].epoch < state[side].epoch) throw new Error(`${side} went back to an earlier epoch`)
    }
    return after
  } catch (error) {
    const steps = trace.map((one) => JSON.stringify(one)).join('\n')
    throw new Error(`${String(error)} after\n${steps}\nfrom ${JSON.stringify(state)}`, { cause: error })
  }
}
