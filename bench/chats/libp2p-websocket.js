import { joinRoom } from 'libp2p-websocket/room'
import { name, onLine, show } from './io.js'

const room = await joinRoom('lobby', { state: { name } })
room.addEventListener('join', ({ member }) => show(`${member.state?.name} is here`))
room.addEventListener('leave', ({ member }) => show(`${member.state?.name} has left`))
room.addEventListener('message', ({ member, data }) => show(`${member.state?.name}: ${data}`))
onLine((text) => room.send(text))
