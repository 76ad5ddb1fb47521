const SHOWN = 5;
/** A browser keeps six connections to a server, of which the events take one: leave some to the buttons. */
const AT_ONCE = 3;

const byId = (id) => document.getElementById(id);
const [item, said, recent, pace, ship, invoice, tenant, issued] = [
  'item',
  'said',
  'recent',
  'pace',
  'ship',
  'invoice',
  'tenant',
  'issued',
].map(byId);

let lastOrder = 0;
let running = 0;
let timer;
let failing = false;
let invoicing = false;

// Today in the time zone of the series. Sweden writes days as YYYY-MM-DD.
issued.value = new Date().toLocaleDateString('sv-SE', { timeZone: 'Europe/Vienna' });

/** What the rest of the page tells this part. */
export const place = {
  whileCutOff: false,
  knows(order) {
    lastOrder = Math.max(lastOrder, order);
    for (const button of [ship, invoice.querySelector('button')]) button.disabled = lastOrder === 0;
  },
};

byId('order').addEventListener('submit', async (event) => {
  event.preventDefault();
  await byHand(order);
});
ship.addEventListener('click', () =>
  byHand(async () => {
    const order = lastOrder;
    const { number } = await post(`orders/${order}/shipments`);
    show(number, `order ${order}`);
    return `Shipment ${number} of order ${order}.`;
  }),
);
invoice.addEventListener('submit', async (event) => {
  event.preventDefault();
  if (invoicing) return;
  invoicing = true;
  const order = lastOrder;
  say(`The invoice of order ${order} waits for its number.`);
  await byHand(async () => {
    const body = { tenant: tenant.value, issuedOn: issued.value };
    const { number } = await post(`orders/${order}/invoice`, body);
    show(number, `order ${order}, ${body.tenant}`);
    return `Invoice ${number} of order ${order}.`;
  });
  invoicing = false;
});

pace.addEventListener('change', () => {
  clearInterval(timer);
  if (Number(pace.value) > 0) timer = setInterval(ofItself, 1_000 / Number(pace.value));
});

async function order() {
  const placed = await post('orders', { item: item.value });
  place.knows(placed.id);
  show(placed.number, placed.item);
  return `Order ${placed.number}, id ${placed.id}.`;
}

async function byHand(work) {
  try {
    say(await work());
  } catch (error) {
    say(error.message, true);
  }
}

/** Says only when it begins to fail and when that is over: a word for each order would be noise to those who listen. */
async function ofItself() {
  if (running >= AT_ONCE || item.value === '') return;
  running++;
  try {
    await order();
    if (failing) say('Orders of themselves go on.');
    failing = false;
  } catch (error) {
    if (!failing) say(error.message, true);
    failing = true;
  } finally {
    running--;
  }
}

/** The answer, or an error in words. */
async function post(path, body) {
  let response;
  try {
    const headers = { 'content-type': 'application/json' };
    response = await fetch(path, { method: 'POST', headers, body: body && JSON.stringify(body) });
  } catch {
    throw new Error('The application does not answer. Is it still running?');
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  if (response.status === 503) {
    throw new Error(`No number can be had now. Try again in ${response.headers.get('retry-after')} s.`);
  }
  throw new Error(`${[answer.message ?? 'It failed'].flat().join('; ')}.`);
}

function show(number, about) {
  const row = document.createElement('li');
  const [strong, text] = [document.createElement('strong'), document.createElement('span')];
  strong.textContent = number;
  text.textContent = about;
  row.append(strong, text);
  if (place.whileCutOff) {
    const mark = document.createElement('mark');
    mark.textContent = 'store cut off';
    row.append(mark);
  }
  recent.querySelector('.empty')?.remove();
  recent.prepend(row);
  while (recent.children.length > SHOWN) recent.lastElementChild.remove();
}

function say(text, bad = false) {
  said.textContent = text;
  said.classList.toggle('bad', bad);
}
