// Runs every check of the project and ends with the line `N passed, M failed`. `npm test` calls it.
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Debian's browsers, in which the browser tests run, and what drives them: their packages, and where these put them. */
const BROWSERS = [
  { name: 'Chromium', debian: 'chromium', path: process.env['CHROMIUM'] ?? '/usr/bin/chromium' },
  { name: 'Firefox', debian: 'firefox-esr', path: process.env['FIREFOX'] ?? '/usr/bin/firefox-esr' },
  {
    name: 'WebKitGTK',
    debian: 'webkit2gtk-driver',
    path: process.env['WEBKIT_DRIVER'] ?? '/usr/bin/WebKitWebDriver',
  },
  { name: 'Xvfb', debian: 'xvfb', path: '/usr/bin/Xvfb' },
]

/** The checks besides the test suites; each counts as one. */
const CHECKS = [
  { name: 'format', command: ['oxfmt', '--check'] },
  { name: 'types', command: ['tsc', '--noEmit'] },
  { name: 'lint', command: ['oxlint', '--type-aware', '--deny-warnings'] },
  { name: 'build', command: ['vite', 'build', '--app'] },
  { name: 'budgets', command: ['size-limit'] },
]

/**
 * Runs a tool of `node_modules` and gives its exit code.
 *
 * @param {string[]} command
 * @returns {Promise<number>}
 */
function run([tool = '', ...args]) {
  return new Promise((resolve, reject) => {
    const child = spawn(join('node_modules', '.bin', tool), args, { stdio: ['ignore', 'inherit', 'inherit'] })
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
}

/** Installs the browsers that are missing, where this process may; else says what to type. */
function ensureBrowsers() {
  const missing = BROWSERS.filter(({ path }) => !existsSync(path))
  if (missing.length === 0) return
  const packages = missing.map(({ debian }) => debian).join(' ')
  const install = `apt-get update && apt-get install -y ${packages}`
  if (process.platform !== 'linux' || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    const wanted = missing.map(({ name, path }) => `${name} at ${path}`).join(' and ')
    console.error(`The browser tests need ${wanted}. Install by: sudo sh -c '${install}'`)
    finish(0, 1)
  }
  console.log(`Installing Debian’s ${packages} for the browser tests …`)
  execFileSync('sh', ['-c', install], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
}

/**
 * Runs the suites and counts their tests. A file that could not be run counts as one that failed.
 *
 * @returns {Promise<{ passed: number, failed: number }>}
 */
async function runSuites() {
  const directory = mkdtempSync(join(tmpdir(), 'results-'))
  const file = join(directory, 'results.json')
  try {
    const code = await run([
      'vitest',
      'run',
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
 * @param {number} passed
 * @param {number} failed
 */
function finish(passed, failed) {
  console.log(`\n${passed} passed, ${failed} failed`)
  process.exit(failed === 0 && passed > 0 ? 0 : 1)
}

ensureBrowsers()
let passed = 0
/** @type {string[]} */
const failures = []
for (const { name, command } of CHECKS) {
  console.log(`\n== ${name}`)
  if ((await run(command)) === 0) passed += 1
  else failures.push(name)
}
console.log('\n== tests')
const suites = await runSuites()
for (const name of failures) console.error(`The check "${name}" failed.`)
finish(passed + suites.passed, failures.length + suites.failed)
