import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, totalmem, type as systemName } from 'node:os'

function versionOf(command: string): string {
  try {
    return execFileSync(command, ['--version'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
  } catch {
    return ''
  }
}

function packageVersion(name: string): string {
  const text = readFileSync(`node_modules/${name}/package.json`, 'utf8')
  const { version } = JSON.parse(text) as { version: string }
  return `${name} ${version}`
}

/** The origin of the figures in a few lines: the machine, the programs, the packages, the day. */
export function describeMachine(browser: 'Chromium' | 'Firefox'): string[] {
  const processors = cpus()
  const executable =
    browser === 'Chromium'
      ? (process.env['CHROMIUM'] ?? '/usr/bin/chromium')
      : (process.env['FIREFOX'] ?? '/usr/bin/firefox-esr')
  return [
    `${processors.length} × ${processors[0]?.model.trim() ?? 'processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${systemName()}`,
    [`Node ${process.versions.node}`, versionOf(executable).replace(/ built on .*/u, '')]
      .filter((one) => one !== '')
      .join(', '),
    [
      'libp2p',
      '@chainsafe/libp2p-noise',
      '@chainsafe/libp2p-yamux',
      '@libp2p/webrtc',
      '@libp2p/websockets',
      'ws',
    ]
      .map(packageVersion)
      .join(', '),
    new Date().toISOString().slice(0, 10),
  ]
}
