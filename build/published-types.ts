import { readFileSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

const IMPORT = /(?:from|import\()\s*'(\.[^']+)'/gu

/**
 * Removes the declarations that no entry of `package.json` leads to: those of the site, the workers and the
 * other insides, which nobody can import.
 */
export function keepPublishedTypes(directory: string): void {
  const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    exports: Record<string, string | { types?: string }>
  }
  const wanted = new Set<string>()
  const visit = (file: string): void => {
    if (wanted.has(file)) return
    wanted.add(file)
    for (const [, target = ''] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
      visit(normalize(join(dirname(file), target.replace(/\.(?:ts|js)$/u, '.d.ts'))))
    }
  }
  for (const entry of Object.values(exports)) {
    if (typeof entry === 'object' && entry.types !== undefined) visit(normalize(entry.types))
  }
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    const file = join(directory, name)
    if (name.endsWith('.d.ts') && !wanted.has(file)) rmSync(file)
  }
}
