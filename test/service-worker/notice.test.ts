import { expect, test } from 'vitest'
import { noticeAnswer } from '../../src/service-worker/notice.ts'

const ROOT = new URL('http://localhost/site/')

const bodyOf = async (words: Parameters<typeof noticeAnswer>[0]['words']): Promise<string> =>
  await noticeAnswer({ status: 404, title: 'No such <folder>', words }, ROOT).text()

test('a translator leaves the name of a folder alone, whose letters are escaped', async () => {
  const body = await bodyOf({ before: 'There is no ', name: 'my <b>notes</b>', after: '. Sorry & bye.' })
  expect(body).toContain(
    '<p>There is no <bdi translate="no">my &lt;b&gt;notes&lt;/b&gt;</bdi>. Sorry &amp; bye.</p>',
  )
  expect(body).toContain('<title>No such &lt;folder&gt;</title>')
})

test('words without a name are shown as they are', async () => {
  expect(await bodyOf('Nothing <here>.')).toContain('<p>Nothing &lt;here&gt;.</p>')
})
