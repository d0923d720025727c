// `npm run pictures`: takes the pictures in the README and on the start page again, from the built site.
import { runTool } from '../tool.js'

process.exitCode = await runTool(
  'vitest',
  ['run', 'test/pictures/pictures.test.ts', '--project', 'browser'],
  {
    env: { ...process.env, PICTURES: 'yes' },
  },
)
