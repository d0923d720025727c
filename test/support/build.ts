import { execFileSync } from 'node:child_process'

/** Builds whatever is stale before the tests that need the build. */
export function setup(): void {
  // Without the test runner's own NODE_ENV, because the production build is tested.
  const { NODE_ENV: _, ...env } = process.env
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit', env })
}
