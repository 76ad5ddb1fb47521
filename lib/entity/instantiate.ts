import { descriptorOf } from './id-properties.js';

/**
 * An instance of `Class` with the own properties of `source`. Like class-transformer it leaves out properties that are
 * not data on the instance: `__proto__` (as JSON.parse makes it), properties that hold a function (a method of the class
 * or of Object, an arrow function in a field), and accessors without a setter. So a request body can change neither the
 * class nor the behaviour of the instance.
 */
export function instantiate<T extends object>(Class: new () => T, source: object): T {
  const instance = new Class();
  for (const key of Reflect.ownKeys(source)) {
    if (!Object.prototype.propertyIsEnumerable.call(source, key)) continue;
    if (key === '__proto__' || !isData(instance, key)) continue;
    Reflect.set(instance, key, Reflect.get(source, key));
  }
  return instance;
}

function isData(instance: object, key: string | symbol): boolean {
  const found = descriptorOf(instance, key);
  if (found !== undefined && 'set' in found) return found.set !== undefined;
  return typeof found?.value !== 'function';
}
