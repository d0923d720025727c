import { Peer } from 'peerjs'
import { name, onLine, show } from './io.js'

const HOST = 'chat-example-lobby'
const guests = new Map()
const tell = (line) => guests.forEach((_, guest) => guest.send(line))
const host = new Peer(HOST)
host.on('open', () => onLine((text) => tell(`${name}: ${text}`)))
host.on('connection', (guest) => {
  const other = guest.metadata.name
  guest.on('open', () => {
    for (const present of [name, ...guests.values()]) guest.send(`${present} is here`)
    show(`${other} is here`)
    tell(`${other} is here`)
    guests.set(guest, other)
  })
  guest.on('data', (text) => {
    show(`${other}: ${text}`)
    guests.forEach((_, to) => to !== guest && to.send(`${other}: ${text}`))
  })
  guest.on('close', () => {
    guests.delete(guest)
    show(`${other} has left`)
    tell(`${other} has left`)
  })
})
host.on('error', ({ type }) => {
  if (type !== 'unavailable-id') return show(type)
  const peer = new Peer()
  peer.on('open', () => {
    const connection = peer.connect(HOST, { metadata: { name }, reliable: true })
    connection.on('open', () => onLine((text) => connection.send(text)))
    connection.on('data', show)
    connection.on('close', () => show('The host has left'))
  })
})
