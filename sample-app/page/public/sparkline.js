const WIDTH = 180;
const HEIGHT = 40;
const NAMESPACE = 'http://www.w3.org/2000/svg';

/**
 * A small chart of one figure: points are `{ at, value, cut }`, `value` undefined where there is none. Spans where `cut`
 * is set are shaded. The text is for those who do not see it.
 */
export function sparkline(svg, label, points, from, until) {
  const x = (at) => Math.max(0, ((at - from) / (until - from)) * WIDTH).toFixed(1);
  const values = points.map(({ value }) => value).filter((value) => value !== undefined);
  const highest = Math.max(1, ...values);
  const y = (value) => (HEIGHT - 1 - (value / highest) * (HEIGHT - 3)).toFixed(1);

  const shades = runs(points, ({ cut }) => cut).map((run) => {
    const end = points[points.indexOf(run.at(-1)) + 1] ?? run.at(-1);
    return shape('rect', 'outage', {
      x: x(run[0].at),
      y: 0,
      width: x(end.at) - x(run[0].at),
      height: HEIGHT,
    });
  });
  const lines = runs(points, ({ value }) => value !== undefined).flatMap((run) => {
    const line = run.map(({ at, value }) => `${x(at)},${y(value)}`).join(' L');
    const area = `M${x(run[0].at)},${HEIGHT} L${line} L${x(run.at(-1).at)},${HEIGHT} Z`;
    return [shape('path', 'area', { d: area }), shape('path', 'line', { d: `M${line}` })];
  });

  svg.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('role', 'img');
  const range =
    values.length === 0
      ? 'nothing yet'
      : [Math.min(...values), Math.max(...values)].map(Math.round).join(' to ');
  svg.setAttribute('aria-label', `${label} in the last three minutes: ${range}`);
  svg.replaceChildren(...shades, ...lines);
}

/** The longest stretches of neighbours that fit. */
function runs(points, fits) {
  const found = [];
  let open;
  for (const point of points) {
    if (!fits(point)) open = undefined;
    else if (open) open.push(point);
    else found.push((open = [point]));
  }
  return found;
}

function shape(name, className, attributes) {
  const element = document.createElementNS(NAMESPACE, name);
  element.setAttribute('class', className);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
