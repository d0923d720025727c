import { generateKeyPair } from '@libp2p/crypto/keys'
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CommandError } from '../../src/node/command-error.ts'
import { MAX_KEY_FILE_BYTES, defaultKeyPath, keyFile } from '../../src/node/peer/key-file.ts'
import { formatKey } from '../../src/relay/identity.ts'

let home: string
let path: string
let warnings: string[]

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'key-file-'))
  path = defaultKeyPath({}, home)
  warnings = []
})

afterEach(async () => {
  await rm(home, { recursive: true, force: true })
})

const store = () => keyFile({ path, warn: (line) => warnings.push(line) })
const newKey = async () => formatKey(await generateKeyPair('Ed25519'))
const modeOf = async (name: string) => ((await stat(name)).mode & 0o777).toString(8)

async function put(content: string, mode = 0o600): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await writeFile(path, content, { mode })
  await chmod(path, mode)
}

async function failureOf(what: Promise<unknown>): Promise<CommandError> {
  const error = await what.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof CommandError)) throw new Error(`it did not fail, or not so: ${String(error)}`)
  return error
}

test('the key file is in the configured directory if that is absolute, else in .config', () => {
  expect(defaultKeyPath({}, '/home/a')).toBe('/home/a/.config/libp2p-websocket/key')
  expect(defaultKeyPath({ XDG_CONFIG_HOME: '/etc/a' }, '/home/a')).toBe('/etc/a/libp2p-websocket/key')
  expect(defaultKeyPath({ XDG_CONFIG_HOME: 'a' }, '/home/a')).toBe('/home/a/.config/libp2p-websocket/key')
  expect(defaultKeyPath({ XDG_CONFIG_HOME: '' }, '/home/a')).toBe('/home/a/.config/libp2p-websocket/key')
})

test('a key that was saved is loaded again, and only its owner can read it', async () => {
  expect(await store().load()).toBeUndefined()
  const key = await newKey()
  expect(await store().save(key)).toBe(key)
  expect(await store().load()).toBe(key)
  expect(await modeOf(path)).toBe('600')
  expect(await modeOf(dirname(path))).toBe('700')
  expect(await readdir(dirname(path))).toEqual(['key'])
  expect(warnings).toEqual([])
})

test('loading creates nothing', async () => {
  await store().load()
  expect(await readdir(home)).toEqual([])
})

test('an existing key is never replaced; saving returns it', async () => {
  const first = await newKey()
  await store().save(first)
  expect(await store().save(await newKey())).toBe(first)
  expect(await store().load()).toBe(first)
})

test('concurrent saves agree on one key, and leave nothing else behind', async () => {
  const keys = await Promise.all(Array.from({ length: 24 }, newKey))
  const held = new Set(await Promise.all(keys.map((key) => store().save(key))))
  expect(held.size).toBe(1)
  expect(keys).toContain([...held][0])
  expect(await store().load()).toBe([...held][0])
  expect(await readdir(dirname(path))).toEqual(['key'])
})

test('the mode of a file that others can read is narrowed, with a warning that contains no key', async () => {
  const key = await newKey()
  await put(`${key}\n`, 0o644)
  expect(await store().load()).toBe(key)
  expect(await modeOf(path)).toBe('600')
  expect(warnings).toEqual([`other users could read the key file ${path}; its mode has been changed to 600`])
  await store().load()
  expect(warnings).toHaveLength(1)
})

test('the mode of a directory that others can enter is narrowed, with a warning', async () => {
  await mkdir(dirname(path), { recursive: true })
  await chmod(dirname(path), 0o755)
  await store().save(await newKey())
  expect(await modeOf(dirname(path))).toBe('700')
  expect(warnings).toEqual([`other users could enter ${dirname(path)}; its mode has been changed to 700`])
})

test.each([
  { what: 'nothing', content: '' },
  { what: 'half a key', content: 'CAESQDf1' },
  { what: 'not base64', content: 'this is not a key' },
  { what: 'base64 of something else', content: Buffer.from('{"a":1}').toString('base64') },
  { what: 'far too much', content: 'A'.repeat(MAX_KEY_FILE_BYTES + 4) },
])('a file with $what is named in the error, and not changed', async ({ content }) => {
  await put(content)
  const { code, message } = await failureOf(store().load())
  expect(code).toBe('failed')
  expect(message).toContain(path)
  expect(message).not.toMatch(/\n/)
  if (content !== '') expect(message).not.toContain(content)
  await failureOf(store().save(await newKey()))
  expect(await readFile(path, 'utf8')).toBe(content)
})

test('a path that exists and is not a file is named in the error', async () => {
  await mkdir(path, { recursive: true })
  expect((await failureOf(store().load())).message).toContain(path)
})

test('a dangling link holds no key, and no key is written to its target', async () => {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await symlink(join(home, 'elsewhere'), path)
  expect(await store().load()).toBeUndefined()
  expect((await failureOf(store().save(await newKey()))).message).toContain(path)
  expect(await readdir(home)).not.toContain('elsewhere')
})

test('a directory that cannot be created is named in the error', async () => {
  await writeFile(join(home, '.config'), '')
  expect((await failureOf(store().save(await newKey()))).message).toContain(path)
})

test('an invalid key is not stored', async () => {
  await expect(store().save('bm9uZQ==')).rejects.toThrow(TypeError)
  expect(await readdir(home)).toEqual([])
})
