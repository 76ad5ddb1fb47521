export default {
  testEnvironment: 'node',
  runner: '<rootDir>/test/support/jest-runner.js',
  reporters: ['default', '<rootDir>/test/support/closing-line.js'],
  roots: ['<rootDir>/test'],
  testRegex: '\\.spec\\.ts$',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    '^nestjs-essequence$': '<rootDir>/lib/index.ts',
    '^nestjs-essequence/(.*)$': '<rootDir>/lib/$1.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^(\\.{1,2}/.*load-peer)\\.cjs$': '$1.cts',
  },
  transform: {
    // Optional peers that are ES modules: jest requires those by itself from Node 24.9 on.
    '(^.+\\.cts|/node_modules/(cdigit|@noble/ciphers)/.+\\.js)$': [
      '@swc/jest',
      {
        swcrc: false,
        module: { type: 'commonjs' },
        jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
      },
    ],
    '^.+\\.ts$': [
      '@swc/jest',
      {
        swcrc: false,
        module: { type: 'es6' },
        sourceMaps: 'inline',
        jsc: {
          target: 'es2022',
          keepClassNames: true,
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: true },
        },
      },
    ],
  },
  transformIgnorePatterns: ['/node_modules/(?!(cdigit|@noble/ciphers)/)'],
  collectCoverageFrom: ['lib/**/*.ts'],
  maxWorkers: 2,
  // Half a second by default: on a busy machine too little for a worker to end.
  workerGracefulExitTimeout: 10_000,
  testTimeout: 60_000,
};
