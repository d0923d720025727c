import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BuildEnvironmentOptions, EnvironmentOptions, ViteBuilder } from 'vite'
import { defineConfig } from 'vite'
import { exampleFrame } from './build/example-frame.ts'
import { compressSite } from './build/site-compressed.ts'
import { writeHeaderFile } from './build/site-headers.ts'
import { SITE_PAGES, contentPolicyTag, reloadTag } from './build/site-pages.ts'
import { injectSiteFiles } from './build/site-precache.ts'
import { keepPublishedTypes } from './build/published-types.ts'

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }

/** What the build is made of: while its content is that of the last build, nothing is stale. */
const SOURCES = [
  'src',
  'examples',
  'public',
  'index.html',
  'folder.html',
  'vite.config.ts',
  'build',
  'tsconfig.build.json',
  'package-lock.json',
]
const FINGERPRINT = 'dist/.fingerprint'
/** `npm run dev` builds again and again into the same directory, from which pages are loaded meanwhile. */
const IS_DEV = process.env['LIBP2P_WEBSOCKET_DEV'] !== undefined

/** The package has no source maps, so its scripts don't name any. */
const SOURCE_MAPS = IS_DEV ? true : 'hidden'

/** Packages that stay packages, because they have native code. All others are bundled. */
const EXTERNAL = [/^node:/, /^node-datachannel/, /^yjs$/, /^y-protocols\//, 'utf-8-validate']

/** A script beside the site. A page's tag or another script names it, so its name is never hashed. */
function script(fileName: string, entry: string): EnvironmentOptions {
  return {
    consumer: 'client',
    build: {
      outDir: 'dist/site',
      emptyOutDir: false,
      copyPublicDir: false,
      sourcemap: SOURCE_MAPS,
      // What is bundled asks to be named with it.
      license: { fileName: `${fileName}.licenses.md` },
      rolldownOptions: {
        input: entry,
        output: { format: 'iife', entryFileNames: fileName, codeSplitting: false },
      },
    },
  }
}

/**
 * ES modules for others to import. `forNode`: in the order in which modules run, at the cost of some bytes,
 * because some need what others polyfill, whichever chunks hold them; and smaller, because no bundler does
 * that later. Names stay, for stack traces.
 */
function modules(outDir: string, input: Record<string, string>, forNode = false): BuildEnvironmentOptions {
  return {
    outDir,
    emptyOutDir: true,
    copyPublicDir: false,
    minify: false,
    target: 'es2022',
    sourcemap: SOURCE_MAPS,
    license: { fileName: 'licenses.md' },
    // The command holds all of libp2p; nobody waits for it over a network.
    chunkSizeWarningLimit: 4000,
    rolldownOptions: {
      input,
      external: EXTERNAL,
      preserveEntrySignatures: 'strict',
      output: {
        format: 'es',
        // The types have the documentation.
        comments: { legal: true, annotation: true, jsdoc: false },
        entryFileNames: '[name].js',
        // Beside the entries: a package of the bundle reads the package.json two directories above it.
        chunkFileNames: '[name]-[hash].js',
        strictExecutionOrder: forNode,
        ...(forNode
          ? { minify: { compress: true, mangle: false, codegen: { removeWhitespace: true } } }
          : {}),
      },
    },
  }
}

function filesOf(path: string): string[] {
  if (!existsSync(path)) return []
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .map((name) => join(path, name))
    .filter((name) => statSync(name).isFile())
}

function fingerprint(): string {
  const hash = createHash('sha256')
  for (const file of SOURCES.flatMap(filesOf).sort()) hash.update(`${file}\0`).update(readFileSync(file))
  return hash.digest('hex')
}

/** Removes the lists of licences of scripts that bundle no packages. */
function removeEmptyLicenses(): void {
  for (const file of filesOf('dist').filter((name) => name.endsWith('licenses.md')))
    if (!readFileSync(file, 'utf8').includes('## ')) rmSync(file)
}

/**
 * Builds the site for `npm run dev`: without what only a release needs, and into files that are being served.
 */
async function buildForDev(builder: ViteBuilder): Promise<void> {
  const { node, library: _, ...site } = builder.environments
  await Promise.all(Object.values(site).map((environment) => builder.build(environment)))
  await injectSiteFiles('dist/site')
  writeFileSync('dist/site/dev-build.txt', `${Date.now()}`)
  if (node !== undefined && process.env['LIBP2P_WEBSOCKET_DEV'] === 'site and node') await builder.build(node)
}

async function buildApp(builder: ViteBuilder): Promise<void> {
  if (IS_DEV) return await buildForDev(builder)
  const current = fingerprint()
  if (existsSync(FINGERPRINT) && readFileSync(FINGERPRINT, 'utf8') === current) {
    // Else Vite builds each environment by itself, and the list of the site's files is missing in the service
    // worker.
    for (const environment of Object.values(builder.environments)) environment.isBuilt = true
    return
  }
  // Else `build/announce.js` has said so.
  if (existsSync(FINGERPRINT)) process.stdout.write('Building again, as the sources have changed …\n')
  rmSync('dist', { recursive: true, force: true })
  for (const environment of Object.values(builder.environments)) await builder.build(environment)
  // Not before all of them are there. vite-plugin-pwa would do it after each environment, the first one
  // included, with a build of its own in between.
  await injectSiteFiles('dist/site')
  removeEmptyLicenses()
  writeHeaderFile('dist/site')
  await compressSite('dist/site')
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
    stdio: 'inherit',
  })
  keepPublishedTypes('dist/types')
  writeFileSync(FINGERPRINT, current)
}

export default defineConfig({
  appType: 'mpa',
  // The site may lie in any directory of a host.
  base: './',
  logLevel: 'warn',
  plugins: [exampleFrame, contentPolicyTag, ...(IS_DEV ? [reloadTag] : [])],
  resolve: {
    alias: {
      // @libp2p/webrtc imports noise by its new name. It gets the copy that the rest of the bundle has.
      '@libp2p/noise': '@chainsafe/libp2p-noise',
      // `ws` requires it if it is there.
      bufferutil: join(import.meta.dirname, 'src/node/http/websocket-masks.ts'),
    },
  },
  define: {
    __VERSION__: JSON.stringify(version),
    // A page and a worker of two builds tell each other by it.
    __BUILD__: JSON.stringify(`${version}+${fingerprint().slice(0, 12)}`),
  },
  builder: { buildApp },
  environments: {
    client: {
      build: {
        outDir: 'dist/site',
        emptyOutDir: !IS_DEV,
        license: { fileName: 'licenses.md' },
        rolldownOptions: {
          input: SITE_PAGES,
        },
      },
    },
    page: script('libp2p-websocket.js', 'src/page/main.ts'),
    worker: script('relay-worker.js', 'src/worker/loader.ts'),
    peer: {
      consumer: 'client',
      build: {
        outDir: 'dist/site',
        emptyOutDir: false,
        copyPublicDir: false,
        sourcemap: SOURCE_MAPS,
        license: { fileName: 'relay-worker/licenses.md' },
        // Vite's way to load a chunk together with what it imports needs a document.
        modulePreload: false,
        chunkSizeWarningLimit: 800,
        rolldownOptions: {
          input: { main: 'src/worker/main.ts' },
          preserveEntrySignatures: 'allow-extension',
          output: {
            format: 'es',
            // The worker's script names it.
            entryFileNames: 'relay-worker/[name].js',
            chunkFileNames: 'relay-worker/[name]-[hash].js',
          },
        },
      },
    },
    lender: script('rtc-lender.js', 'src/page/rtc-lender.ts'),
    native: script('native-relay.js', 'src/page/native-relay.ts'),
    pump: script('rtc-pump.js', 'src/rtc/pump/pump-worker.ts'),
    serviceWorker: script('sw.js', 'src/service-worker/main.ts'),
    library: {
      consumer: 'client',
      build: modules('dist/lib', {
        client: 'src/client/index.ts',
        protocol: 'src/protocol/index.ts',
        websocket: 'src/websocket/index.ts',
        rtc: 'src/rtc/index.ts',
        lasting: 'src/lasting/index.ts',
        relay: 'src/relay/index.ts',
        room: 'src/room/index.ts',
        yjs: 'src/yjs/index.ts',
      }),
    },
    node: {
      consumer: 'server',
      resolve: { noExternal: true, external: ['node-datachannel'] },
      build: modules(
        'dist/node',
        { main: 'src/node/main.ts', index: 'src/node/index.ts', vite: 'src/node/vite/index.ts' },
        true,
      ),
    },
  },
})
