/**
 * Loads an optional peer at once: a definition is a value, so it cannot wait for `import()`.
 *
 * CommonJS, because `__filename` is the one way to resolve from where this package lies that also works where jest has
 * compiled the package to CommonJS. Node's own `require`, because the one that jest puts in its place refuses packages
 * that are ES modules; every Node this package runs on can require those.
 */
function loadPeer(name: string): unknown {
  return process.getBuiltinModule('node:module').createRequire(__filename)(name);
}

export = loadPeer;
