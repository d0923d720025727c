import { mkdtempSync, readFileSync, rmSync, writeFileSync, existsSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { copyPageFiles } from '../../src/node/cli/copy.ts'
import { parseFlags } from '../../src/node/cli/flags.ts'
import { fakeSite } from './support/fake-site.ts'

let root: string
let siteDirectory: string
let directory: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'copy-'))
  siteDirectory = join(root, 'site')
  directory = join(root, 'app', 'public')
  fakeSite(siteDirectory)
})
afterEach(() => rmSync(root, { recursive: true }))

async function copy(
  options: { version?: string; checkOnly?: boolean; directory?: string } = {},
): Promise<string> {
  let output = ''
  await copyPageFiles({
    siteDirectory,
    directory,
    version: '1.0.0',
    checkOnly: false,
    stdout: (text) => (output += text),
    ...options,
  })
  return output
}

describe('copy', () => {
  test('puts the scripts, their modules and licences, and an empty network.json into a new directory', async () => {
    const output = await copy()
    for (const name of [
      'libp2p-websocket.js',
      'relay-worker.js',
      'relay-worker/main.js',
      'relay-worker/licenses.md',
    ])
      expect(readFileSync(join(directory, name), 'utf8')).toBe(name)
    expect(JSON.parse(readFileSync(join(directory, 'network.json'), 'utf8'))).toMatchObject({ relays: [] })
    expect(existsSync(join(directory, 'index.html'))).toBe(false)
    expect(output).toContain('Copied libp2p-websocket 1.0.0')
    expect(output).toContain('List a circuit relay in it')
    expect(output).toContain('<script src="/libp2p-websocket.js"></script>')
  })

  test('keeps a network.json that is there', async () => {
    mkdirSync(directory, { recursive: true })
    writeFileSync(join(directory, 'network.json'), '{"relays":["mine"]}')
    expect(await copy()).toContain('was kept')
    expect(readFileSync(join(directory, 'network.json'), 'utf8')).toBe('{"relays":["mine"]}')
  })

  test('replaces an older version, and removes what the new one no longer has', async () => {
    await copy({ version: '0.9.0' })
    writeFileSync(join(directory, 'own.js'), 'own')
    rmSync(join(siteDirectory, 'relay-worker', 'dht-1.js'))
    writeFileSync(join(siteDirectory, 'relay-worker', 'dht-2.js'), 'dht-2')
    expect(await copy()).toContain('replacing 0.9.0')
    expect(existsSync(join(directory, 'relay-worker', 'dht-1.js'))).toBe(false)
    expect(existsSync(join(directory, 'relay-worker', 'dht-2.js'))).toBe(true)
    expect(readFileSync(join(directory, 'own.js'), 'utf8')).toBe('own')
  })

  test('removes nothing outside the directory, whatever its record says', async () => {
    await copy()
    writeFileSync(join(root, 'app', 'precious.js'), 'precious')
    writeFileSync(
      join(directory, 'libp2p-websocket.json'),
      JSON.stringify({ version: '0.9.0', files: ['../precious.js', '/etc/passwd', 'a/../../precious.js'] }),
    )
    await copy()
    expect(existsSync(join(root, 'app', 'precious.js'))).toBe(true)
  })

  test('-check fails for copies of another version, changed and missing ones, and says which', async () => {
    await copy({ version: '0.9.0' })
    await expect(copy({ checkOnly: true })).rejects.toThrow('are of version 0.9.0, but this is 1.0.0')
    await copy()
    expect(await copy({ checkOnly: true })).toContain('are of this version, 1.0.0')
    writeFileSync(join(directory, 'relay-worker.js'), 'changed')
    await expect(copy({ checkOnly: true })).rejects.toThrow(
      'relay-worker.js is not of this version: run copy again',
    )
    rmSync(join(directory, 'relay-worker.js'))
    await expect(copy({ checkOnly: true })).rejects.toThrow('relay-worker.js is missing: run copy again')
  })

  test('refuses a file as the directory', async () => {
    mkdirSync(join(root, 'app'))
    writeFileSync(directory, '')
    await expect(copy()).rejects.toMatchObject({
      code: 'usage',
      message: `copy: ${directory} is not a directory`,
    })
  })
})

describe('the command line of copy', () => {
  test('takes a directory, and -check before it', () => {
    expect(parseFlags(['copy', 'public'])).toEqual({ kind: 'copy', directory: 'public', checkOnly: false })
    expect(parseFlags(['copy', '-check', 'public'])).toEqual({
      kind: 'copy',
      directory: 'public',
      checkOnly: true,
    })
  })

  test.each([
    [['copy'], 'copy: name the directory'],
    [['copy', 'a', 'b'], 'copy: unexpected argument: "b"'],
    [['copy', '-port', '1', 'a'], 'unknown flag: "-port"'],
  ])('%j is refused', (argv, message) => {
    expect(() => parseFlags(argv)).toThrow(message)
  })
})
