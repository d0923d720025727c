/** Returns a proxy of an object with one method replaced. */
export function withMethod<T extends object, K extends keyof T>(object: T, name: K, method: T[K]): T {
  return new Proxy(object, {
    get(target, asked) {
      if (asked === name) return method
      const member: unknown = Reflect.get(target, asked)
      // Methods use private members, which the proxy lacks.
      return typeof member === 'function' ? (member.bind(target) as unknown) : member
    },
  })
}
