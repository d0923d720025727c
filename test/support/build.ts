import { execFileSync } from 'node:child_process'

/** Builds what is stale, before the tests that run the build. */
export function setup(): void {
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' })
}
