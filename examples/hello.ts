import type { Client, Connection } from '../src/client/index.ts'
import { connect, relayUrl } from '../src/client/index.ts'

/** The protocol of this example. */
const PROTOCOL = '/x/hello'

async function run(): Promise<void> {
  const client = await connect(relayUrl(location.href))
  show(`Your peer is ${client.peer}`)
  // Rejects if another tab already listens. All tabs share one peer, so that tab has the same ID.
  const listener = await client.listen(PROTOCOL).catch(() => undefined)
  if (listener === undefined) return sayHello(client)
  show('Listening. Open this page in another tab!')
  for await (const connection of listener) void echo(connection)
}

/** Sends every message back. */
async function echo(connection: Connection): Promise<void> {
  try {
    for await (const message of connection) {
      show(`Received: ${textOf(message)}`)
      connection.send(message)
    }
  } catch (error) {
    show(`The connection to the other tab was lost: ${String(error)}`)
  }
}

async function sayHello(client: Client): Promise<void> {
  show('Another tab is listening. Connecting to it …')
  const connection = await client.dial(client.peer, PROTOCOL)
  connection.send(new TextEncoder().encode('Hello from another tab!'))
  for await (const answer of connection) show(`Received: ${textOf(answer)}`)
}

function show(line: string): void {
  const item = document.createElement('li')
  item.textContent = line
  document.querySelector('#log')?.append(item)
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}

run().catch((error: unknown) => show(error instanceof Error ? error.message : String(error)))
