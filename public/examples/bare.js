const peer = new WebSocket('/libp2p')
peer.binaryType = 'arraybuffer'
peer.onclose = () => show('There is no peer here.')

const hello = bytesOf('/x/hello') // the name of our protocol
let id // of our peer
let listening = false

// Every message is bytes, and the first byte says what it is. docs/protocol.md knows them all.
peer.onmessage = ({ data }) => {
  const message = new Uint8Array(data)
  const opcode = message[0]
  // Hello: if the peer does not run, Start (0) it.
  if (opcode === 0 && message[1] === 0) send(0)
  // Identify: the peer's ID, behind its length. Listen (1) on our protocol, every message kept whole (1).
  if (opcode === 1 && !id) {
    id = message.slice(4, 4 + message[3])
    show('I am ' + textOf(id))
    send(1, 1, ...hello)
  }
  // Listening.
  if (opcode === 10) {
    listening = true
    show('I listen. Open this page in another tab!')
  }
  // Listen Refused: another tab listens. Connect (5) to it; it has the same peer, and so the same ID.
  if (opcode === 5) {
    show('Another tab listens. I connect to it.')
    send(5, 1, 0, 0, hello.length, ...hello, ...id)
  }
  // Connected: send Data (4). The eight bytes behind the opcode are the connection's number.
  if (opcode === 7) send(4, ...message.slice(1, 9), ...bytesOf('Hello from another tab!'))
  // Data: show it. Who listens sends it back, just as it came.
  if (opcode === 4) {
    show('I got: ' + textOf(message.slice(9)))
    if (listening) peer.send(message)
  }
  // Peer Connection Refused: behind the peer's ID and the protocol it says why.
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
