import { describe, expect, it } from 'vitest';
import { cut, filtered, sorted } from './table';

describe('a table', () => {
  const rows = [
    { name: 'gpu-10', rate: 0.52 },
    { name: 'gpu-9', rate: null },
    { name: 'system', rate: 0.036 },
  ];
  const names = (list: typeof rows): string[] => list.map((one) => one.name);

  it('sorts figures as figures and names as names', () => {
    expect(names(sorted(rows, (one) => one.name, false))).toEqual(['gpu-10', 'gpu-9', 'system']);
    expect(names(sorted(rows, (one) => one.rate, true))).toEqual(['gpu-10', 'system', 'gpu-9']);
  });

  it('has what is not known last, whichever way it is sorted', () => {
    expect(names(sorted(rows, (one) => one.rate, false)).at(-1)).toBe('gpu-9');
  });

  it('is filtered by every word', () => {
    const text = (one: (typeof rows)[number]): string => `${one.name} ${String(one.rate)}`;
    expect(names(filtered(rows, text, ' GPU  0.5'))).toEqual(['gpu-10']);
    expect(names(filtered(rows, text, ''))).toEqual(names(rows));
  });

  it('draws all of a short one and what is on view of a long one', () => {
    expect(cut(49, 40, 0, 400)).toEqual({ from: 0, to: 49 });
    expect(cut(1000, 40, 0, 400)).toEqual({ from: 0, to: 18 });
    expect(cut(1000, 40, 20_000, 400)).toEqual({ from: 492, to: 518 });
    expect(cut(1000, 40, 99_999, 400)).toEqual({ from: 999, to: 1000 });
  });
});
