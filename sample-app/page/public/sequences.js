import { place } from './orders.js';
import { sparkline } from './sparkline.js';

/** What is shown of each sequence. `claims` is a total, of which the chart shows the growth. */
const FIGURES = [
  { key: 'cached', label: 'ids cached', show: (value) => String(value ?? 0) },
  {
    key: 'coverSeconds',
    label: 'seconds they last',
    show: (value) =>
      value === undefined ? '–' : value < 10 ? value.toFixed(1) : Math.round(value).toString(),
  },
  {
    key: 'claims',
    label: 'claims',
    show: (value) => (value === undefined ? '–' : String(value)),
    growth: true,
  },
  { key: 'waiting', label: 'callers waiting', show: (value) => String(value ?? 0) },
];

const container = document.getElementById('sequences');
const template = document.getElementById('sequence');
const cards = new Map();

/** Draws the cards anew from the samples, the latest last. */
export function showSequences(samples, history) {
  const { at, sequences } = samples.at(-1);
  document.getElementById('none').hidden = sequences.length > 0;
  for (const sequence of sequences) {
    const card = cards.get(sequence.name) ?? addCard(sequence.name);
    card.last.textContent = sequence.last ?? 'none yet';
    const { failure } = sequence;
    card.failure.hidden = failure === undefined;
    if (failure) {
      const seconds = Math.max(0, Math.round((at - Date.parse(failure.since)) / 1_000));
      card.failure.textContent = `The store has not answered for ${seconds} s (${failure.code}). It is asked again by itself.`;
    }
    for (const { key, label, show, growth } of FIGURES) {
      const { value, svg } = card.figures.get(key);
      const points = samples.map((sample) => ({
        at: sample.at,
        cut: sample.outage.secondsLeft !== undefined,
        // JSON has null where nobody draws, and nothing where the sequence sleeps.
        value: sample.sequences.find(({ name }) => name === sequence.name)?.[key] ?? undefined,
      }));
      value.textContent = show(points.at(-1).value);
      sparkline(svg, label, growth ? growthOf(points) : points, at - history, at);
    }
  }
  if (sequences.some(({ name, last }) => name === 'orders' && last)) {
    place.knows(Number(sequences.find(({ name }) => name === 'orders').last));
  }
}

function addCard(name) {
  const article = template.content.cloneNode(true).firstElementChild;
  const title = article.querySelector('h3');
  title.textContent = name;
  article.dataset.sequence = name;
  const figures = new Map();
  for (const { key, label } of FIGURES) {
    const [group, term, figure, value] = ['div', 'dt', 'dd', 'b'].map((tag) => document.createElement(tag));
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    term.textContent = label;
    value.dataset.figure = key;
    figure.append(value, svg);
    group.append(term, figure);
    article.querySelector('dl').append(group);
    figures.set(key, { value, svg });
  }
  const after = [...container.children].find((other) => other.dataset.sequence > name);
  container.insertBefore(article, after ?? null);
  const card = {
    last: article.querySelector('.last b'),
    failure: article.querySelector('.failure'),
    figures,
  };
  cards.set(name, card);
  return card;
}

/** A sequence that slept counts its claims anew. */
function growthOf(points) {
  return points.map((point, index) => {
    const before = points[index - 1]?.value;
    if (point.value === undefined) return point;
    return { ...point, value: before === undefined ? 0 : Math.max(0, point.value - before) };
  });
}
