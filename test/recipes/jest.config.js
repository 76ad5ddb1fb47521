import base from '../../jest.config.js';

// The recipes stand apart because their libraries weigh more than all else: `npm run recipes` installs and runs them.
export default { ...base, rootDir: '../..', roots: ['<rootDir>/test/recipes'], testRegex: '\\.recipe\\.ts$' };
