import { execFileSync } from 'node:child_process'

/** Builds what is stale, before the tests that run the build. */
export function setup(): void {
  // Without the test runner's own NODE_ENV: what is tested is the production build.
  const { NODE_ENV: _, ...env } = process.env
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit', env })
}
