import { bundle } from '../../support/bundle.ts'
import type { Site } from '../../support/site.ts'
import { serveSite } from '../../support/site.ts'

/** Serves the page, the SharedWorker and the pump of these tests. */
export async function serveRtc(): Promise<Site> {
  const [entry, worker, pump] = await Promise.all([
    bundle('test/browser/rtc/page-entry.ts', 'rtc'),
    bundle('test/browser/rtc/worker-entry.ts'),
    bundle('src/rtc/pump/pump-worker.ts'),
  ])
  return serveSite({
    '/index.html':
      '<!doctype html><title>rtc</title><link rel="icon" href="data:,"><script src="/page.js"></script>',
    '/blank.html': '<!doctype html><title>blank</title>',
    '/page.js': entry,
    '/worker.js': worker,
    '/rtc-pump.js': pump,
  })
}
