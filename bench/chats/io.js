// Input and output of the chats beside this file. It isn't counted.

export const name = prompt('Your name') || 'Somebody'

/** Shows a line to the user. */
export function show(line) {
  document.body.append(line, document.createElement('br'))
}

/** Calls `send` with each line that the user enters, and shows it. */
export function onLine(send) {
  const input = document.createElement('input')
  document.body.prepend(input)
  input.addEventListener('change', () => {
    show(`${name}: ${input.value}`)
    send(input.value)
    input.value = ''
  })
}
