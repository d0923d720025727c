/** An error's words as a sentence of their own: with a capital letter, and with an end. */
export function sentence(words: string): string {
  const end = /[.!?…]$/.test(words) ? '' : '.'
  return words.charAt(0).toUpperCase() + words.slice(1) + end
}
