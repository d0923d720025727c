import { defineConfig } from 'vite'
import { exampleFrame } from '../../../build/example-frame.ts'
import { SITE_PAGES, contentPolicyTag } from '../../../build/site-pages.ts'

/** Builds the site's pages alone, without the scripts of relay and page. */
export default defineConfig({
  define: { __VERSION__: '"test"', __BUILD__: '"test"' },
  logLevel: 'warn',
  base: './',
  plugins: [exampleFrame, contentPolicyTag],
  build: {
    emptyOutDir: true,
    rolldownOptions: { input: SITE_PAGES },
  },
})
