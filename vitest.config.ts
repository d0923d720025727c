import { defineConfig } from 'vitest/config'
import packageJson from './package.json' with { type: 'json' }

const { version } = packageJson

/*
 * Apart from `vite.config.ts`, because the builds there bundle all packages. Vitest would take that as an
 * order to transform them too, in each test file again.
 */
export default defineConfig({
  // The version of the package, which the build inserts.
  define: { __VERSION__: JSON.stringify(version) },
  test: {
    // A suite that hangs says so; what a test waits for names its own, shorter, timeout.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // As many files at a time as there are processors. Both projects say the same, so that their files run
    // together, and none waits for the last of the other project.
    maxWorkers: '100%',
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/browser/**', 'test/soak/**', 'test/churn/**', 'test/pictures/**'],
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: [
            'test/browser/**/*.test.ts',
            'test/soak/**/*.test.ts',
            'test/churn/**/*.test.ts',
            // They write into the repository, so only `npm run pictures` runs them.
            ...(process.env['PICTURES'] === undefined ? [] : ['test/pictures/**/*.test.ts']),
          ],
          globalSetup: ['test/support/build.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
})
