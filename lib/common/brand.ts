/**
 * Makes `instanceof` recognise instances that another copy of this package made. Two copies in one process are common:
 * a library that depends on this package, a bundle, a symbolic link. A subclass from outside is recognised as usual.
 *
 * @example
 * class SequenceStore {
 *   static {
 *     brand(this, 'SequenceStore');
 *   }
 * }
 */
export function brand(Class: abstract new (...args: never) => object, name: string): void {
  // From the global symbols, which all copies share.
  const mark = Symbol.for(`nestjs-essequence:${name}`);
  Object.defineProperty(Class.prototype, mark, { value: true });
  Object.defineProperty(Class, Symbol.hasInstance, {
    value(this: unknown, instance: unknown): boolean {
      // Subclasses inherit this method. It must not take every instance of the base class for one of theirs.
      if (this !== Class) return Function.prototype[Symbol.hasInstance].call(this as () => void, instance);
      return typeof instance === 'object' && instance !== null && mark in instance;
    },
  });
}
