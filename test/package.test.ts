import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, test } from 'vitest'

/** The files of the package. */
function packedFiles(): string[] {
  const output = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    encoding: 'utf8',
  })
  const [pack] = JSON.parse(output) as { files: { path: string }[] }[]
  return pack?.files.map(({ path }) => path) ?? []
}

test('the package has the documents for users, and no link in them leads to a file that it lacks', () => {
  const files = new Set(packedFiles())
  const documents = [...files].filter((name) => name.endsWith('.md') && !name.startsWith('dist/'))
  expect(documents).toContain('docs/client.md')
  expect([...files].filter((name) => /^(?:src|test|bench|docs\/performance)/u.test(name))).toEqual([])
  const dead = documents.flatMap((name) =>
    [...readFileSync(name, 'utf8').matchAll(/\]\((?!\w+:|#)([^)#\s]+)/gu)]
      .map(([, target = '']) => normalize(join(dirname(name), target)))
      .filter((target) => !files.has(target))
      .map((target) => `${name}: ${target}`),
  )
  expect(dead).toEqual([])
})

test('installing the package installs nothing else', () => {
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Record<string, object | undefined>
  expect(manifest['dependencies']).toBeUndefined()
  expect(manifest['optionalDependencies']).toBeUndefined()
  const peers = Object.keys(manifest['peerDependencies'] ?? {})
  const needed = peers.filter((name) => !(name in (manifest['peerDependenciesMeta'] ?? {})))
  expect(needed).toEqual([])
})
