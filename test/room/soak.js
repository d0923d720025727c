// `npm run soak:rooms -- MINUTES [SEED]`: the soak of rooms, with so many minutes of faults. Exits with 0 if
// nothing was wrong.
import { runTool } from '../tool.js'

const [minutes = '5', seed] = process.argv.slice(2)
if (!(Number(minutes) > 0) || (seed !== undefined && !Number.isSafeInteger(Number(seed)))) {
  console.error('usage: npm run soak:rooms -- MINUTES [SEED]')
  process.exit(2)
}
process.exitCode = await runTool(
  'vitest',
  ['run', 'test/room/soak.test.ts', '--project', 'unit', '--disable-console-intercept'],
  {
    env: { ...process.env, SOAK_MINUTES: minutes, ...(seed === undefined ? {} : { SOAK_SEED: seed }) },
  },
)
