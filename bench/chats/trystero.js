import { joinRoom } from 'trystero'
import { name, onLine, show } from './io.js'

const names = new Map()
const room = joinRoom({ appId: 'chat.example' }, 'lobby')
const hello = room.makeAction('hello')
const chat = room.makeAction('chat')
hello.onMessage = (other, { peerId }) => {
  names.set(peerId, other)
  show(`${other} is here`)
}
chat.onMessage = (text, { peerId }) => show(`${names.get(peerId)}: ${text}`)
room.onPeerJoin = (peerId) => hello.send(name, { target: peerId })
room.onPeerLeave = (peerId) => {
  show(`${names.get(peerId)} has left`)
  names.delete(peerId)
}
onLine((text) => chat.send(text))
