const peer = new WebSocket('/libp2p')
peer.binaryType = 'arraybuffer'
peer.onclose = () => show('The connection to your peer was closed.')

const hello = bytesOf('/x/hello') // the protocol of this example
let id // the peer ID
let listening = false

// Every message is bytes, and the first byte is its opcode. docs/protocol.md lists all of them.
peer.onmessage = ({ data }) => {
  const message = new Uint8Array(data)
  const opcode = message[0]
  // Hello: if the peer isn't running, start it with Start (0).
  if (opcode === 0 && message[1] === 0) send(0)
  // Identify: contains the peer ID after its length. Listen (1) on our protocol, with message framing (1).
  if (opcode === 1 && !id) {
    id = message.slice(4, 4 + message[3])
    show('Your peer is ' + textOf(id))
    send(1, 1, ...hello)
  }
  // Listening.
  if (opcode === 10) {
    listening = true
    show('Listening. Open this page in another tab!')
  }
  // Listen Refused: another tab already listens. Connect (5) to it. All tabs share one peer, so it has the same ID.
  if (opcode === 5) {
    show('Another tab is listening. Connecting to it …')
    send(5, 1, 0, 0, hello.length, ...hello, ...id)
  }
  // Peer Connection: send Data (4). The eight bytes after the opcode are the connection ID.
  if (opcode === 7) send(4, ...message.slice(1, 9), ...bytesOf('Hello from another tab!'))
  // Data: show it. The listening tab sends it back unchanged.
  if (opcode === 4) {
    show('Received: ' + textOf(message.slice(9)))
    if (listening) peer.send(message)
  }
  // Peer Connection Refused: contains the peer ID, the protocol and the reason.
  if (opcode === 8) show(textOf(message.slice(1)))
}

function send(...bytes) {
  peer.send(new Uint8Array(bytes))
}
function show(line) {
  const item = document.createElement('li')
  item.textContent = line
  document.querySelector('#log').append(item)
}
function bytesOf(text) {
  return new TextEncoder().encode(text)
}
function textOf(bytes) {
  return new TextDecoder().decode(bytes)
}
