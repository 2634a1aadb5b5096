// Line charts as SVG text: axes, ticks, curves with points, a legend. Numbers in, one string out; the same numbers give the
// same bytes, so that a redrawn chart shows in a diff only when its numbers moved.

export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Chart {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
}

export interface Axis {
  readonly label: string;
  /** Powers of ten (or of two, for x) instead of equal steps. On such an axis 0 is drawn at the bottom, below the lowest power. */
  readonly log?: boolean;
}

const WIDTH = 720;
const HEIGHT = 400;
const LEFT = 70;
const RIGHT = 180;
const TOP = 44;
const BOTTOM = 54;
/** Told apart by people who do not see all colours (Okabe and Ito 2008), on light and on dark pages. */
const COLOURS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9"];
const INK = "#777777";

interface Scale {
  readonly ticks: readonly number[];
  /** 0…1 along the axis. */
  place(value: number): number;
}

function linear(values: readonly number[]): Scale {
  const most = Math.max(1e-9, ...values);
  const step = niceStep(most / 5);
  const top = Math.ceil(most / step) * step;
  const ticks = Array.from({ length: Math.round(top / step) + 1 }, (_, at) => at * step);
  return { ticks, place: (value) => value / top };
}

/** 1, 2 or 5 times a power of ten. */
function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const found = [1, 2, 5, 10].find((times) => times * power >= rough) ?? 10;
  return found * power;
}

function logarithmic(values: readonly number[]): Scale {
  const positive = values.filter((value) => value > 0);
  const least = Math.floor(Math.log10(Math.min(...positive, 1e9)));
  const most = Math.max(least + 1, Math.ceil(Math.log10(Math.max(...positive, 1e-9))));
  // One step below the lowest power is for 0, where there is one.
  const from = values.some((value) => value <= 0) ? least - 1 : least;
  const ticks = Array.from({ length: most - least + 1 }, (_, at) => 10 ** (least + at));
  const place = (value: number): number => (value <= 0 ? 0 : (Math.log10(value) - from) / (most - from));
  return { ticks: from < least ? [0, ...ticks] : ticks, place };
}

function scaleOf(axis: Axis, values: readonly number[]): Scale {
  return axis.log === true ? logarithmic(values) : linear(values);
}

export function drawChart({ title, x, y, series }: Chart): string {
  const xs = scaleOf(
    x,
    series.flatMap(({ points }) => points.map(([value]) => value)),
  );
  const ys = scaleOf(
    y,
    series.flatMap(({ points }) => points.map(([, value]) => value)),
  );
  const atX = (value: number): string => (LEFT + xs.place(value) * (WIDTH - LEFT - RIGHT)).toFixed(1);
  const atY = (value: number): string =>
    (HEIGHT - BOTTOM - ys.place(value) * (HEIGHT - TOP - BOTTOM)).toFixed(1);
  const [right, bottom] = [WIDTH - RIGHT, HEIGHT - BOTTOM];
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" fill="${INK}">`,
    `<title>${escaped(title)}</title>`,
    `<text x="${LEFT}" y="22" font-size="15">${escaped(title)}</text>`,
    ...xs.ticks.flatMap((tick) => [
      `<line x1="${atX(tick)}" y1="${TOP}" x2="${atX(tick)}" y2="${bottom}" stroke="${INK}" stroke-opacity="0.2"/>`,
      `<text x="${atX(tick)}" y="${bottom + 18}" text-anchor="middle">${figure(tick)}</text>`,
    ]),
    ...ys.ticks.flatMap((tick) => [
      `<line x1="${LEFT}" y1="${atY(tick)}" x2="${right}" y2="${atY(tick)}" stroke="${INK}" stroke-opacity="0.2"/>`,
      `<text x="${LEFT - 8}" y="${Number(atY(tick)) + 4}" text-anchor="end">${figure(tick)}</text>`,
    ]),
    `<text x="${(LEFT + right) / 2}" y="${HEIGHT - 12}" text-anchor="middle">${escaped(x.label)}</text>`,
    `<text transform="translate(16 ${(TOP + bottom) / 2}) rotate(-90)" text-anchor="middle">${escaped(y.label)}</text>`,
    ...series.flatMap((each, at) => drawSeries(each, at, atX, atY)),
    "</svg>",
  ];
  return `${lines.join("\n")}\n`;
}

function drawSeries(
  { name, points }: Series,
  at: number,
  atX: (value: number) => string,
  atY: (value: number) => string,
): string[] {
  const colour = COLOURS[at % COLOURS.length];
  const path = points.map(([x, y]) => `${atX(x)},${atY(y)}`).join(" ");
  const legendY = TOP + 8 + 20 * at;
  const legendX = WIDTH - RIGHT + 14;
  return [
    `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`,
    // Points of a curve of many would only make it thick.
    ...(points.length > 40
      ? []
      : points.map(([x, y]) => `<circle cx="${atX(x)}" cy="${atY(y)}" r="3" fill="${colour}"/>`)),
    `<line x1="${legendX}" y1="${legendY}" x2="${legendX + 18}" y2="${legendY}" stroke="${colour}" stroke-width="2"/>`,
    `<text x="${legendX + 24}" y="${legendY + 4}">${escaped(name)}</text>`,
  ];
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

/** 5000 → "5,000", 0.30000000000000004 → "0.3". */
function figure(value: number): string {
  if (value >= 1000) return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");
  return String(Number(value.toPrecision(3)));
}
