import { place } from './orders.js';
import { sparkline } from './sparkline.js';

/** Demand that ends makes cached ids last for ever. Above this the exact number says nothing. */
const LONG = 120;

const CLAIMS = { key: 'claims', label: 'claims', show: (value) => String(value ?? '–'), growth: true };
const WAITING = { key: 'waiting', label: 'callers waiting', show: (value) => String(value ?? 0) };

/** What is shown of each sequence. `claims` is a total, of which the chart shows the growth. */
const CACHED = [
  { key: 'cached', label: 'ids cached', show: (value) => String(value ?? 0) },
  { key: 'coverSeconds', label: 'seconds left', show: seconds, most: LONG },
  CLAIMS,
  WAITING,
];
const ON_DEMAND = [
  CLAIMS,
  {
    key: 'took',
    label: 'ms a claim took',
    show: (value) => (value === undefined ? '–' : rounded(value)),
  },
  WAITING,
];

const container = document.getElementById('sequences');
const template = document.getElementById('sequence');
const cards = new Map();

/** Draws the cards anew from the samples, the latest last. */
export function showSequences(samples, history) {
  const { at, outage, sequences, more } = samples.at(-1);
  document.getElementById('none').hidden = sequences.length > 0;
  const hint = document.getElementById('more');
  hint.hidden = more === 0;
  hint.textContent = `${more} more counters of invoices were used longer ago.`;
  for (const [name, { article }] of cards) {
    if (sequences.some((sequence) => sequence.name === name)) continue;
    article.remove();
    cards.delete(name);
  }
  for (const [index, sequence] of sequences.entries()) {
    const card = cards.get(sequence.name) ?? addCard(sequence, index);
    card.last.textContent = sequence.last ?? 'none yet';
    showNote(card.note, noteOf(sequence, outage.secondsLeft !== undefined));
    showNote(card.failure, failureOf(sequence, at));
    for (const { key, label, show, growth, most = Infinity } of card.shown) {
      const { value, svg } = card.figures.get(key);
      const points = samples.map((sample) => ({
        at: sample.at,
        cut: sample.outage.secondsLeft !== undefined,
        value: figureOf(sample, sequence.name, key),
      }));
      value.textContent = show(points.at(-1).value);
      const capped = points.map((point) => ({ ...point, value: point.value && Math.min(point.value, most) }));
      sparkline(svg, label, growth ? growthOf(points) : capped, at - history, at);
    }
  }
  const orders = sequences.find(({ name }) => name === 'orders');
  if (orders?.last) place.knows(Number(orders.last));
}

/** Undefined where there is none: JSON has null where nobody draws, and nothing where the sequence sleeps. */
function figureOf({ sequences }, name, key) {
  const stats = sequences.find((sequence) => sequence.name === name);
  return (key === 'took' ? stats?.lastClaim?.took : stats?.[key]) ?? undefined;
}

function noteOf({ claims, onDemand }, cut) {
  if (onDemand && cut)
    return 'On demand: nothing is cached, so invoices wait until the store is back, or fail.';
  if (onDemand) return 'On demand: nothing is cached. Each number is fetched from the store.';
  return claims === undefined ? 'Not used for a minute: it sleeps, and keeps its cached ids.' : undefined;
}

function failureOf({ failure }, at) {
  if (failure === undefined) return undefined;
  const since = Math.max(0, Math.round((at - Date.parse(failure.since)) / 1_000));
  return `The store has not answered for ${since} s (${failure.code}).`;
}

function showNote(element, text) {
  element.hidden = text === undefined;
  element.textContent = text ?? '';
}

/** A counter of a series is `invoices~acme~2026`. */
function addCard({ name, onDemand }, index) {
  const article = template.content.cloneNode(true).firstElementChild;
  article.querySelector('h3').textContent = name.split('~').join(' · ');
  article.dataset.sequence = name;
  const shown = onDemand ? ON_DEMAND : CACHED;
  const list = article.querySelector('dl');
  list.classList.toggle('three', onDemand);
  const figures = new Map();
  for (const { key, label } of shown) {
    const [group, term, figure, value] = ['div', 'dt', 'dd', 'b'].map((tag) => document.createElement(tag));
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    term.textContent = label;
    value.dataset.figure = key;
    figure.append(value, svg);
    group.append(term, figure);
    list.append(group);
    figures.set(key, { value, svg });
  }
  container.insertBefore(article, container.children[index] ?? null);
  const [last, note, failure] = ['.last b', '.note', '.failure'].map((part) => article.querySelector(part));
  const card = { article, shown, figures, last, note, failure };
  cards.set(name, card);
  return card;
}

function seconds(value) {
  if (value === undefined) return 'idle';
  return value > LONG ? `> ${LONG}` : rounded(value);
}

function rounded(value) {
  return value < 10 ? value.toFixed(1) : Math.round(value).toString();
}

/** A sequence that slept counts its claims anew. */
function growthOf(points) {
  return points.map((point, index) => {
    const before = points[index - 1]?.value;
    if (point.value === undefined) return point;
    return { ...point, value: before === undefined ? 0 : Math.max(0, point.value - before) };
  });
}
