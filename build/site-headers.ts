import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SITE_PAGES } from './site-pages.ts'
import { WORKER_SCRIPTS, contentPolicy } from '../src/node/http/content-policy.ts'

/**
 * Writes the headers that the site wants into its file `_headers`, which Netlify and Cloudflare Pages read,
 * and which tells anybody else what to set. The command sends the same.
 *
 * A page is named in each way that such a host serves it: with `.html`, without, and a directory for its
 * `index.html`.
 *
 * @param directory the built site
 */
export function writeHeaderFile(directory: string): void {
  const rules: [path: string, headers: string[]][] = [
    ['/*', ['X-Content-Type-Options: nosniff', 'Referrer-Policy: same-origin']],
    ['/assets/*', ['Cache-Control: public, max-age=31536000, immutable']],
  ]
  for (const name of [...SITE_PAGES.flatMap(addressesOf), ...WORKER_SCRIPTS]) {
    const policy = contentPolicy(name === '' || !name.includes('.') ? `${name}.html` : name)
    if (policy !== undefined) rules.push([`/${name}`, [`Content-Security-Policy: ${policy}`]])
  }
  const text = rules.map(([path, headers]) => [path, ...headers.map((line) => `  ${line}`)].join('\n'))
  writeFileSync(join(directory, '_headers'), `${text.join('\n')}\n`)
}

function addressesOf(page: string): string[] {
  return page === 'index.html' ? [page, ''] : [page, page.slice(0, -'.html'.length)]
}
