// oxlint-disable-next-line import/default -- `export =` is one, in CommonJS
import loadPeer from './load-peer.cjs';

/** `feature` says in the message what needs the package. */
export function optionalPeer<Exports>(module: string, feature: string): Exports {
  try {
    return loadPeer(module) as Exports;
  } catch (cause) {
    const name = module
      .split('/')
      .slice(0, module.startsWith('@') ? 2 : 1)
      .join('/');
    const missing = (cause as { code?: unknown }).code === 'MODULE_NOT_FOUND';
    throw new TypeError(
      missing
        ? `${feature} needs the package ${name}: npm install ${name}`
        : `${feature} needs the package ${name}, which could not be loaded: ${(cause as Error).message}`,
      { cause },
    );
  }
}
