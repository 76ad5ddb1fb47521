/**
 * Loads an optional peer at once: a definition is a value, so it cannot wait for `import()`. The peers are ES modules,
 * which every Node this package runs on can require.
 *
 * CommonJS, because its `require` is the one that also resolves from where this package lies where jest has compiled the
 * package to CommonJS: there is no `import.meta` then. What is compiled so without `esModuleInterop` looks for `default`.
 */
function loadPeer(name: string): unknown {
  return require(name);
}

export = Object.assign(loadPeer, { default: loadPeer });
