export { runCli } from './cli/run-cli.js';
