import { expect, test } from 'vitest'
import { escapeHtml } from '../../src/platform/escape-html.ts'

test('text is escaped for content and for quoted attributes', () => {
  expect(escapeHtml(`<a title="it's">&amp;`)).toBe('&lt;a title=&quot;it&#39;s&quot;&gt;&amp;amp;')
})
