// Runs the tools of `node_modules` in the same way on every platform. Shared by the scripts that Node runs
// unbundled.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const require = createRequire(import.meta.url)

/**
 * The script behind a command of an installed package. The links in `node_modules/.bin` are shell scripts on
 * Windows, which Node can't start without a shell.
 *
 * @param {string} packageName
 * @param {string} command
 * @returns {string}
 */
function scriptOf(packageName, command) {
  const directory = join(dirname(require.resolve('../package.json')), 'node_modules', packageName)
  /** @type {{ bin?: string | Record<string, string> }} */
  const { bin } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
  const script = typeof bin === 'string' ? bin : bin?.[command]
  if (script === undefined) throw new Error(`The package ${packageName} has no command ${command}.`)
  return join(directory, script)
}

/**
 * Runs a command of an installed package in this terminal and resolves to its exit code.
 *
 * @param {string} packageName
 * @param {string[]} args
 * @param {{ command?: string, env?: NodeJS.ProcessEnv }} [options] `command` defaults to the package's name
 * @returns {Promise<number>}
 */
export function runTool(packageName, args, { command = packageName, env = process.env } = {}) {
  return runScript(scriptOf(packageName, command), args, env)
}

/**
 * Runs a script with this Node in this terminal and resolves to its exit code.
 *
 * @param {string} script
 * @param {string[]} [args]
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<number>}
 */
export function runScript(script, args = [], env = process.env) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'inherit', 'inherit'], env })
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
}
