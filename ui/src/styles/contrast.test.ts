import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const css = readFileSync('src/styles/tokens.css', 'utf8');

type Tokens = Record<string, string>;

function block(start: string): Tokens {
  const from = css.indexOf(start);
  const body = css.slice(css.indexOf('{', from) + 1, css.indexOf('\n}', from));
  return Object.fromEntries(
    [...body.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})\b/gi)].map((one) => [one[1], one[2]]),
  ) as Tokens;
}

const dark = block(':root {');
const light = { ...dark, ...block(":root[data-theme='light']") };

function luminance(hex: string): number {
  const parts = [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255);
  const [r = 0, g = 0, b = 0] = parts.map((c) =>
    c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

const SURFACES = ['bg', 'surface', 'surface-raised', 'surface-cluster'];
const WORDS = ['text', 'text-muted', 'accent', 'ok', 'busy', 'danger', 'info'];
const TEXT: [string, string][] = [
  ...SURFACES.flatMap((on) => WORDS.map((word): [string, string] => [word, on])),
  ['on-accent', 'accent-solid'],
  ['on-accent', 'accent-solid-hover'],
  ['on-accent', 'danger-solid'],
  ['on-accent', 'danger-solid-hover'],
  ['ok', 'ok-soft'],
  ['busy', 'busy-soft'],
  ['danger', 'danger-soft'],
  ['accent', 'accent-soft'],
  ...['ok-soft', 'busy-soft', 'danger-soft', 'info-soft'].flatMap((on): [string, string][] => [
    ['text', on],
    ['text-muted', on],
  ]),
];
const EDGES: [string, string][] = [
  ...SURFACES.flatMap((on): [string, string][] => [
    ['line-control', on],
    ['focus', on],
    ['busy', on],
    ['danger', on],
    ['accent', on],
  ]),
  ...['gpu', 'control-plane', 'system', 'nodebalancer', 'volume'].map((one): [string, string] => [
    `series-${one}`,
    'surface',
  ]),
];

describe.each([
  ['dark', dark],
  ['light', light],
])('in the %s theme', (_, tokens) => {
  const weak = (pairs: [string, string][], least: number): string[] =>
    pairs
      .map(([a, b]) => ({ a, b, ratio: contrast(tokens[a] ?? '', tokens[b] ?? '') }))
      .filter((one) => !(one.ratio >= least))
      .map((one) => `${one.a} on ${one.b}: ${one.ratio.toFixed(2)}`);

  it('every text can be read', () => {
    expect(weak(TEXT, 4.5)).toEqual([]);
  });

  it('every edge of a control can be seen', () => {
    expect(weak(EDGES, 3)).toEqual([]);
  });
});

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((one) => {
    const path = join(folder, one.name);
    if (one.isDirectory()) return one.name === 'paraglide' ? [] : sources(path);
    return /\.(svelte|css)$/.test(one.name) && one.name !== 'tokens.css' ? [path] : [];
  });
}

describe('outside tokens.css', () => {
  const styles = sources('src').map((path) => {
    const whole = readFileSync(path, 'utf8');
    const style = path.endsWith('.css')
      ? whole
      : (/<style>([\s\S]*)<\/style>/.exec(whole)?.[1] ?? '');
    return { path, lines: style.split('\n').filter((line) => !line.includes('@media')), whole };
  });
  const found = (pattern: RegExp): string[] =>
    styles.flatMap(({ path, lines }) =>
      lines.filter((line) => pattern.test(line)).map((line) => `${path}: ${line.trim()}`),
    );

  it('no style names a colour', () => {
    expect(found(/#[0-9a-f]{3,8}\b|\brgba?\(|\bhsla?\(/i)).toEqual([]);
  });

  it('no style names a size', () => {
    expect(found(/\b\d*\.?\d+(px|rem)\b/)).toEqual([]);
  });

  it('no template has a style attribute, which the policy would refuse', () => {
    const bad = styles.filter(({ whole }) => /\sstyle="/.test(whole)).map(({ path }) => path);
    expect(bad).toEqual([]);
  });
});
