// `npm run churn -- MINUTES [SEED]`: lending tabs come and go for so many minutes. Exits with 0 if nothing
// was wrong.
import { runTool } from '../tool.js'

const [minutes = '5', seed] = process.argv.slice(2)
if (!(Number(minutes) > 0) || (seed !== undefined && !Number.isSafeInteger(Number(seed)))) {
  console.error('usage: npm run churn -- MINUTES [SEED]')
  process.exit(2)
}
process.exitCode = await runTool(
  'vitest',
  ['run', 'test/churn/churn.test.ts', '--project', 'browser', '--disable-console-intercept'],
  {
    env: { ...process.env, CHURN_MINUTES: minutes, ...(seed === undefined ? {} : { CHURN_SEED: seed }) },
  },
)
