/** The cost chart: steps of stacked rates as SVG paths. Pure. */
import type { SpendPoint } from '../bindings/SpendPoint';
import type { SpendSeries } from '../bindings/SpendSeries';

const STACK: SpendSeries[] = ['control_plane', 'system', 'node_balancer', 'volume', 'gpu'];

export interface Band {
  series: SpendSeries;
  /** A closed path. */
  area: string;
}

/** A time in which nobody looked. */
export interface Gap {
  /** Where it stands in the drawing. */
  x: number;
  width: number;
  from: number;
  /** `null`: it goes on. */
  to: number | null;
}

export interface Chart {
  bands: Band[];
  /** What is not known is not drawn as if it were. */
  gaps: Gap[];
  /** The sum, as an open path along the top. */
  top: string;
  from: number;
  to: number;
  /** The highest sum, in micro-dollars an hour. */
  peak: number;
  /** The amount at the top of the scale: a round one, so that its half is round too. */
  scale: number;
  /** Where the lines of the scale stand, from the top. */
  lines: number[];
}

/** The chart of `points` until `now`; `null` when there is nothing to draw. */
export function chart(
  points: readonly SpendPoint[],
  now: number,
  width: number,
  height: number,
): Chart | null {
  const first = points[0];
  if (!first) return null;
  const from = Date.parse(first.at);
  const to = Math.max(now, from + 60_000, Date.parse(points[points.length - 1]?.at ?? first.at));
  const rates = points.map((point) => new Map(point.rates));
  const sums = rates.map((one) => [...one.values()].reduce((sum, rate) => sum + rate, 0));
  const peak = Math.max(...sums);
  if (peak <= 0) return null;
  const x = (at: number): number => round(((at - from) / (to - from)) * width);
  const scale = roundUp(peak);
  const y = (rate: number): number => round(height - (rate / scale) * (height - 2));
  const ends = points.map((point, i) => {
    const next = points[i + 1];
    return [x(Date.parse(point.at)), next ? x(Date.parse(next.at)) : width] as const;
  });
  const gaps = points.flatMap((point, i): Gap[] => {
    const [a, b] = ends[i] ?? [0, 0];
    const next = points[i + 1];
    if (point.seen) return [];
    const gapTo = next ? Date.parse(next.at) : null;
    return [{ x: a, width: round(b - a), from: Date.parse(point.at), to: gapTo }];
  });
  const shown = STACK.filter((series) => rates.some((one) => (one.get(series) ?? 0) > 0));
  const below = points.map(() => 0);
  const bands = shown.map((series) => {
    const bottom = [...below];
    rates.forEach((one, i) => {
      below[i] = (below[i] ?? 0) + (one.get(series) ?? 0);
    });
    const area = stretches(points).map((stretch) => {
      const up = stretch.map((i) => {
        const [a, b] = ends[i] ?? [0, 0];
        return `L${a} ${y(below[i] ?? 0)}L${b} ${y(below[i] ?? 0)}`;
      });
      const down = stretch.map((i) => {
        const [a, b] = ends[i] ?? [0, 0];
        return `L${b} ${y(bottom[i] ?? 0)}L${a} ${y(bottom[i] ?? 0)}`;
      });
      const first = stretch[0] ?? 0;
      const start = `M${ends[first]?.[0] ?? 0} ${y(bottom[first] ?? 0)}`;
      return `${start}${up.join('')}${down.reverse().join('')}Z`;
    });
    return { series, area: area.join('') };
  });
  const top = stretches(points).flatMap((stretch) =>
    stretch.map((i, at) => {
      const [a, b] = ends[i] ?? [0, 0];
      return `${at === 0 ? 'M' : 'L'}${a} ${y(sums[i] ?? 0)}L${b} ${y(sums[i] ?? 0)}`;
    }),
  );
  const lines = [y(scale), y(scale / 2), y(0)];
  return { bands, gaps, top: top.join(''), from, to, peak, scale, lines };
}

/** The points that were seen one after the other, by their place. */
function stretches(points: readonly SpendPoint[]): number[][] {
  const found: number[][] = [];
  points.forEach((point, i) => {
    if (!point.seen) return;
    if (points[i - 1]?.seen) found.at(-1)?.push(i);
    else found.push([i]);
  });
  return found;
}

/** The next amount whose half is round too. */
export function roundUp(amount: number): number {
  const ten = 10 ** Math.floor(Math.log10(amount));
  const step = [1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8].find((one) => one * ten >= amount) ?? 10;
  return step * ten;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** The rate of the last `span` as a line on a scale that others share; '' when nothing was known. */
export function line(
  points: readonly SpendPoint[],
  now: number,
  span: number,
  peak: number,
  width: number,
  height: number,
): string {
  const from = now - span;
  const x = (at: number): number => round(((at - from) / span) * width);
  const y = (rate: number): number =>
    round(height - 1 - (peak > 0 ? rate / peak : 0) * (height - 2));
  const steps = points.map((point, i) => ({
    from: Date.parse(point.at),
    to: i + 1 < points.length ? Date.parse(points[i + 1]?.at ?? '') : now,
    rate: point.seen ? sum(point) : null,
  }));
  const shown = steps.filter((step) => step.to > from && step.from < now);
  return shown
    .map((step, i) => {
      if (step.rate === null) return '';
      const [a, b] = [x(Math.max(step.from, from)), x(Math.min(step.to, now))];
      const goesOn = i > 0 && shown[i - 1]?.rate !== null;
      return `${goesOn ? 'L' : 'M'}${a} ${y(step.rate)}H${b}`;
    })
    .join('');
}

/** A day as a line, and where nobody looked. */
export interface Day {
  line: string;
  gaps: Pick<Gap, 'x' | 'width'>[];
  /** The highest point. */
  peak: number;
}

/** The line of percents over a day, each for a part of it; what was before the first is not drawn.
 *  `null`: nothing is known. */
export function day(points: readonly (number | null)[], width: number, height: number): Day | null {
  const first = points.findIndex((one) => one !== null);
  if (first === -1) return null;
  const x = (i: number): number => round((i / points.length) * width);
  const y = (percent: number): number => round(height - 1 - (percent / 100) * (height - 2));
  const gaps: Day['gaps'] = [];
  let path = '';
  points.forEach((point, i) => {
    if (i < first) return;
    const goesOn = i > first && points[i - 1] !== null;
    if (point !== null) {
      path += `${goesOn ? 'L' : 'M'}${String(x(i))} ${String(y(point))}H${String(x(i + 1))}`;
      return;
    }
    const last = gaps.at(-1);
    if (last && !goesOn) last.width = round(x(i + 1) - last.x);
    else gaps.push({ x: x(i), width: round(x(i + 1) - x(i)) });
  });
  return { line: path, gaps, peak: Math.max(...points.map((one) => one ?? 0)) };
}

/** What a point costs, an hour. */
export function sum(point: SpendPoint): number {
  return point.rates.reduce((all, [, rate]) => all + rate, 0);
}
