// `npm run bench [-- NAME …] [-- --full]`: bundles the benchmarks, which are TypeScript, and runs them.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { rolldown } from 'rolldown'

const cache = join('node_modules', '.cache')
mkdirSync(cache, { recursive: true })
const directory = mkdtempSync(join(cache, 'bench-'))
try {
  const build = await rolldown({
    input: 'bench/main.ts',
    platform: 'node',
    // Packages are not bundled.
    external: /^[^./]/u,
    transform: { define: { __VERSION__: '"bench"', __BUILD__: '"bench"' } },
  })
  await build.write({ dir: directory, format: 'es' })
  await build.close()
  const { status } = spawnSync(process.execPath, [join(directory, 'main.js'), ...process.argv.slice(2)], {
    stdio: 'inherit',
  })
  process.exitCode = status ?? 1
} finally {
  rmSync(directory, { recursive: true, force: true })
}
