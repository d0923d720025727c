import type { Plugin } from 'vite'
import { PAGE_POLICY } from '../src/node/http/content-policy.ts'

/** The pages of the site. */
export const SITE_PAGES = [
  'index.html',
  'folder.html',
  'examples/hello.html',
  'examples/bare.html',
  'examples/chat.html',
  'examples/files.html',
  'examples/board.html',
  'examples/notes.html',
]

/** Puts the policy of the site's pages into each of them, before all that it is to hold for. */
export const contentPolicyTag: Plugin = {
  name: 'content-policy',
  apply: 'build',
  transformIndexHtml: () => [
    {
      tag: 'meta',
      attrs: { 'http-equiv': 'Content-Security-Policy', content: PAGE_POLICY },
      injectTo: 'head-prepend',
    },
  ],
}

/** Makes each page reload when `npm run dev` has rebuilt it; see `dev.js`. */
export const reloadTag: Plugin = {
  name: 'reload',
  apply: 'build',
  transformIndexHtml: () => [{ tag: 'script', attrs: { src: '/dev-reload.js' }, injectTo: 'head' }],
}
