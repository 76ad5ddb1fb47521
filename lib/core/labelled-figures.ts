import { Figures } from './figures.js';

/** The figures of one application, by the label under which names are counted together. */
export class LabelledFigures {
  readonly #figures = new Map<string, Figures>();

  /** `label` may be replaced: it holds for each name that is used first from then on. */
  constructor(public label: (name: string) => string) {}

  /** Where a name is counted. */
  readonly of = (name: string): Figures => {
    const label = this.label(name);
    let figures = this.#figures.get(label);
    if (figures === undefined) this.#figures.set(label, (figures = new Figures(label)));
    return figures;
  };

  [Symbol.iterator](): Iterator<Figures> {
    return this.#figures.values();
  }
}
