// `npm test`: every check and every test that this machine can run. The last line is `N passed, M failed`.
// `npm run check`: only the checks that take seconds.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PROGRAMS, executableOf } from './support/installed-browsers.js'
import { runScript, runTool } from './tool.js'

/**
 * @typedef {object} Check
 * @property {string} name
 * @property {() => Promise<number>} run resolves to an exit code
 */

/** @type {Check[]} */
const QUICK_CHECKS = [
  { name: 'format', run: () => runTool('oxfmt', ['--check']) },
  { name: 'types', run: () => runTool('typescript', ['--noEmit'], { command: 'tsc' }) },
  { name: 'lint', run: () => runTool('oxlint', ['--type-aware', '--deny-warnings']) },
  { name: 'unused files, exports and dependencies', run: () => runTool('knip', []) },
]

/** @type {Check[]} */
const BUILD_CHECKS = [
  { name: 'build', run: () => runTool('vite', ['build', '--app']) },
  { name: 'budgets', run: () => runTool('size-limit', []) },
  { name: 'package', run: () => runTool('publint', ['--strict']) },
  {
    name: 'types of the package',
    run: () =>
      runTool('@arethetypeswrong/cli', ['--pack', '.', '--profile', 'esm-only', '--format', 'ascii'], {
        command: 'attw',
      }),
  },
  { name: 'types of the package in older TypeScript', run: () => runScript('test/consumer/types.js') },
]

/**
 * Installs the browsers that are missing where apt and root allow it, and says how to get those that stay
 * missing.
 *
 * @returns {string[]} what the tests leave out, as sentences
 */
function prepareBrowsers() {
  const missing = () => PROGRAMS.filter(({ name }) => executableOf(name) === undefined)
  const packages = missing().flatMap(({ debian }) => debian)
  if (packages.length === 0) return []
  const install = `apt-get update && apt-get install -y ${packages.join(' ')}`
  const mayInstall = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')
  if (mayInstall) {
    console.log(`Installing ${packages.join(', ')} for the browser tests …`)
    execFileSync('sh', ['-c', install], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    })
  }
  return missing().map(({ name, variable, debian }) => {
    const what = name === 'Chromium' ? 'every browser test' : `the tests in ${name}`
    return `Left out: ${what}, because ${name} is not installed. Install it (Debian: apt-get install ${debian.join(' ')}), or set ${variable} to its executable.`
  })
}

/**
 * Runs the test suites. A file that could not be run counts as one failed test.
 *
 * @param {string[]} projects
 * @returns {Promise<{ passed: number, failed: number }>}
 */
async function runSuites(projects) {
  const directory = mkdtempSync(join(tmpdir(), 'results-'))
  const file = join(directory, 'results.json')
  try {
    const code = await runTool('vitest', [
      'run',
      ...projects.flatMap((project) => ['--project', project]),
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${file}`,
    ])
    if (!existsSync(file)) return { passed: 0, failed: 1 }
    /** @type {{ numPassedTests: number, numFailedTests: number, numFailedTestSuites: number }} */
    const { numPassedTests, numFailedTests, numFailedTestSuites } = JSON.parse(readFileSync(file, 'utf8'))
    const failed = Math.max(numFailedTests, numFailedTestSuites > 0 || code !== 0 ? 1 : 0)
    return { passed: numPassedTests, failed }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/**
 * @param {Check[]} checks
 * @returns {Promise<string[]>} the names of those that failed
 */
async function runChecks(checks) {
  /** @type {string[]} */
  const failures = []
  for (const { name, run } of checks) {
    console.log(`\n== ${name}`)
    if ((await run()) !== 0) failures.push(name)
  }
  return failures
}

const isQuick = process.argv.includes('--quick')
const leftOut = isQuick ? [] : prepareBrowsers()
const checks = isQuick ? QUICK_CHECKS : [...QUICK_CHECKS, ...BUILD_CHECKS]
const failures = await runChecks(checks)
let suites = { passed: 0, failed: 0 }
if (!isQuick) {
  console.log('\n== tests')
  suites = await runSuites(executableOf('Chromium') === undefined ? ['unit'] : ['unit', 'browser'])
}
for (const sentence of leftOut) console.log(`\n${sentence}`)
for (const name of failures) console.error(`\nThe check "${name}" failed.`)
const passed = checks.length - failures.length + suites.passed
const failed = failures.length + suites.failed
console.log(`\n${passed} passed, ${failed} failed`)
process.exit(failed === 0 && passed > 0 ? 0 : 1)
