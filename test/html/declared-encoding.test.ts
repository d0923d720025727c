import { expect, test } from 'vitest'
import { declaresEncoding } from '../../src/html/index.ts'

const declares = (html: string, encoding: BufferEncoding = 'latin1'): boolean =>
  declaresEncoding(Buffer.from(html, encoding))
const wide = (html: string): Buffer => Buffer.from(html, 'utf16le')

test.each([
  '<meta charset=shift_jis>',
  '<!doctype html><html lang=ja><head><META CharSet=" EUC-JP "><title>t</title>',
  '<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">',
  `<head><script>${'x'.repeat(5000)}</script><style>${'y'.repeat(5000)}</style><meta charset=big5>`,
  '<!-- <head> --><meta charset=koi8-r>',
  '<?xml version="1.0" encoding="iso-8859-2"?><!doctype html><title>t</title>',
  '<p>too early for a browser to have given up<meta charset=koi8-r>',
  '\u00ef\u00bb\u00bfwords',
])('a page declares its encoding: %s', (html) => {
  expect(declares(html)).toBe(true)
})

test('a page in UTF-16 declares it by a byte order mark or an XML declaration', () => {
  expect(declaresEncoding(wide('\uFEFF<p>'))).toBe(true)
  expect(declaresEncoding(wide('\uFEFF<p>').swap16())).toBe(true)
  expect(declaresEncoding(wide('<?xml version="1.0"?><p>'))).toBe(true)
  expect(declaresEncoding(wide('<?xml version="1.0"?><p>').swap16())).toBe(true)
})

test.each([
  '',
  '<!doctype html><title>t</title><p>words',
  '<title><meta charset=shift_jis></title>',
  '<!-- <meta charset=shift_jis> -->',
  '<script>"<meta charset=shift_jis>"</script>',
  '<meta charset="">',
  '<meta name=description content="charset=shift_jis">',
  '<?xml version="1.0"?><p>',
  `<body>${'x'.repeat(1100)}<meta charset=koi8-r>`,
])('a page does not declare its encoding: %s', (html) => {
  expect(declares(html)).toBe(false)
})
