import { place } from './orders.js';
import { showSequences } from './sequences.js';

const HISTORY = 180_000;
const byId = (id) => document.getElementById(id);
const [state, left, progress, cut] = ['state', 'left', 'progress', 'cut'].map(byId);

const samples = [];
let drawing = false;

const events = new EventSource('events');
events.addEventListener('message', ({ data }) => {
  const sample = JSON.parse(data);
  // After a lost connection the stream tells the last minutes once more.
  if (sample.at <= (samples.at(-1)?.at ?? 0)) return;
  samples.push(sample);
  while (samples[0].at < sample.at - HISTORY) samples.shift();
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    showStore(samples.at(-1).outage);
    showSequences(samples, HISTORY);
  });
});
events.addEventListener('error', lost);

function lost() {
  say(state, 'The application does not answer.', true);
  left.textContent = 'This page tries again by itself.';
  cut.disabled = true;
}

function showStore({ seconds, secondsLeft }) {
  const out = secondsLeft !== undefined;
  say(state, out ? 'It is cut off.' : 'It answers.', out);
  left.textContent = out ? `It is let back in ${Math.ceil(secondsLeft)} s.` : '';
  progress.hidden = !out;
  if (out) progress.value = 1 - secondsLeft / seconds;
  byId('store').classList.toggle('cut', out);
  cut.disabled = false;
  cut.textContent = out ? 'Let it back now' : `Cut it off for ${seconds} s`;
  cut.dataset.method = out ? 'DELETE' : 'PUT';
  place.whileCutOff = out;
}

cut.addEventListener('click', async () => {
  await fetch('outage', { method: cut.dataset.method }).catch(() => lost());
});

/** A live region is announced again when it is written, so it is written only when it changes. */
function say(element, text, bad) {
  if (element.textContent !== text) element.textContent = text;
  element.classList.toggle('bad', bad);
}
