import { tsImport } from 'tsx/esm/api';

/** jest loads its runner as it stands: this much cannot be TypeScript. */
const { SpecRunner } = await tsImport('./spec-runner.ts', import.meta.url);
export default SpecRunner;
