// `npm run churn -- MINUTES [SEED] [PEER] [MEGABYTES]`: what carries two connections is removed again and
// again. PEER is chromium, firefox or node; default all, one after the other, for so many minutes each. Exits
// with 0 if nothing was wrong.
import { runTool } from '../tool.js'

const [minutes = '5', seed, peer, megabytes] = process.argv.slice(2)
if (
  !(Number(minutes) > 0) ||
  (seed !== undefined && !Number.isSafeInteger(Number(seed))) ||
  (peer !== undefined && !['chromium', 'firefox', 'node'].includes(peer)) ||
  (megabytes !== undefined && !(Number(megabytes) > 0))
) {
  console.error('usage: npm run churn -- MINUTES [SEED] [chromium|firefox|node] [MEGABYTES]')
  process.exit(2)
}
process.exitCode = await runTool(
  'vitest',
  ['run', 'test/churn/churn.test.ts', '--project', 'browser', '--disable-console-intercept'],
  {
    env: {
      ...process.env,
      CHURN_MINUTES: minutes,
      ...(seed === undefined ? {} : { CHURN_SEED: seed }),
      ...(peer === undefined ? {} : { CHURN_PEER: peer }),
      ...(megabytes === undefined ? {} : { CHURN_MEGABYTES: megabytes }),
    },
  },
)
