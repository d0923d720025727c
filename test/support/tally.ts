/** The outcome of each case, by browser and implementation. The suite prints the counts at its end. */
export class Tally {
  readonly #passed = new Map<string, Map<string, Set<string>>>()
  readonly #reference: string

  /** A case counts in a browser only if the implementation of this name passes it there. */
  constructor(reference: string) {
    this.#reference = reference
  }

  /** The implementation is run in that browser, and has passed nothing yet. */
  begin(browser: string, implementation: string): void {
    const implementations = this.#passed.get(browser) ?? new Map<string, Set<string>>()
    this.#passed.set(browser, implementations.set(implementation, new Set()))
  }

  pass(browser: string, implementation: string, title: string): void {
    this.#passed.get(browser)?.get(implementation)?.add(title)
  }

  /**
   * One line for each browser and implementation; cases that the browser's own class fails are counted apart.
   */
  lines(): string[] {
    return [...this.#passed].flatMap(([browser, implementations]) => {
      const counting = implementations.get(this.#reference) ?? new Set<string>()
      return [...implementations].map(([name, passed]) => {
        const counted = [...counting].filter((title) => passed.has(title)).length
        const beyond = [...passed].filter((title) => !counting.has(title)).length
        return `${browser}: ${name}: ${counted} of the ${counting.size} cases that count, ${beyond} of the others`
      })
    })
  }
}
