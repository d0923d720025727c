// The browsers that the tests use, and where this machine has them. Used by `test/run.js`, which Node runs
// unbundled.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/**
 * @typedef {object} TestedProgram
 * @property {'Chromium' | 'Firefox' | 'WebKitGTK'} name
 * @property {string[]} debian the Debian packages that contain it
 * @property {string} variable the environment variable that names another executable
 * @property {string[]} paths where it is looked for, in this order
 */

const PROGRAM_FILES = process.env['ProgramFiles'] ?? 'C:\\Program Files'

/** @type {TestedProgram[]} */
export const PROGRAMS = [
  {
    name: 'Chromium',
    debian: ['chromium'],
    variable: 'CHROMIUM',
    paths: [
      '/usr/bin/chromium',
      '/usr/bin/chromium-browser',
      '/usr/bin/google-chrome',
      '/Applications/Chromium.app/Contents/MacOS/Chromium',
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
      `${PROGRAM_FILES}\\Google\\Chrome\\Application\\chrome.exe`,
    ],
  },
  {
    name: 'Firefox',
    debian: ['firefox-esr'],
    variable: 'FIREFOX',
    paths: [
      '/usr/bin/firefox-esr',
      '/usr/bin/firefox',
      '/Applications/Firefox.app/Contents/MacOS/firefox',
      `${PROGRAM_FILES}\\Mozilla Firefox\\firefox.exe`,
    ],
  },
  {
    name: 'WebKitGTK',
    debian: ['webkit2gtk-driver', 'xvfb'],
    variable: 'WEBKIT_DRIVER',
    paths: ['/usr/bin/WebKitWebDriver'],
  },
]

/**
 * The executable of a browser, or undefined if this machine doesn't have it.
 *
 * @param {TestedProgram['name']} name
 * @returns {string | undefined}
 */
export function executableOf(name) {
  const program = PROGRAMS.find((one) => one.name === name)
  if (program === undefined) return undefined
  const chosen = process.env[program.variable]
  const path = chosen === undefined ? program.paths.find((one) => existsSync(one)) : chosen
  if (path === undefined || !existsSync(path)) return undefined
  // WebKitGTK runs on a virtual display and in its test browser, which comes with the driver's package.
  if (name === 'WebKitGTK' && !(existsSync('/usr/bin/Xvfb') && miniBrowser() !== undefined)) return undefined
  return path
}

/**
 * WebKitGTK's test browser, which is in a directory named after the machine's architecture.
 *
 * @returns {string | undefined}
 */
export function miniBrowser() {
  if (!existsSync('/usr/lib')) return undefined
  return readdirSync('/usr/lib')
    .map((directory) => join('/usr/lib', directory, 'webkit2gtk-4.1', 'MiniBrowser'))
    .find((path) => existsSync(path))
}

/**
 * Whether this machine has the browser that a test needs.
 *
 * @param {{ name: string }} wanted an entry of a test's table of browsers
 * @returns {boolean}
 */
export function isInstalled({ name }) {
  const program = PROGRAMS.find((one) => one.name === name)
  return program !== undefined && executableOf(program.name) !== undefined
}

/**
 * The executable of a browser that a test requires.
 *
 * @param {TestedProgram['name']} name
 * @returns {string}
 */
export function neededExecutable(name) {
  const path = executableOf(name)
  if (path === undefined) throw new Error(`${name} is not installed. \`npm test\` says how to get it.`)
  return path
}
