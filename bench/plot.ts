import { init } from 'echarts';
import type { Plot } from './row.js';

/** A line chart as an SVG document. The background is white: docs are read in dark mode too. */
export function draw({ title, x, y, logX = false, logY = false, lines }: Plot): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: 860, height: 420 });
  const axis = (name: string, log: boolean) => ({
    type: log ? ('log' as const) : ('value' as const),
    name,
    nameLocation: 'middle' as const,
    nameGap: 32,
  });
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    title: { text: title, left: 'center', textStyle: { fontSize: 15 } },
    legend: { top: 28 },
    grid: { left: 80, right: 30, top: 64, bottom: 56 },
    xAxis: axis(x, logX),
    yAxis: { ...axis(y, logY), nameGap: 60 },
    series: lines.map(({ name, points }) => ({
      type: 'line',
      name,
      data: logY ? points.filter(([, value]) => value > 0) : points,
      showSymbol: false,
      lineStyle: { width: 1.6 },
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}
