// Says that there is something to build before Vite has loaded, which takes a second or more by itself. If
// there is an older build, Vite's configuration finds out whether it is stale, and says so then.
import { existsSync } from 'node:fs'

if (!existsSync('dist/.fingerprint')) {
  console.log('Building the site and the command, which takes up to a minute …')
}
