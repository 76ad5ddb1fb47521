/** One guard taken out. `find` must occur in the file; its first occurrence is replaced. */
export interface Mutant {
  guard: string;
  file: string;
  find: string;
  replace: string;
  spec: string;
  /** Only tests whose name matches, where a whole spec takes long. */
  tests?: string;
}
