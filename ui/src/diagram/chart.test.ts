import { describe, expect, it } from 'vitest';
import type { SpendPoint } from '../bindings/SpendPoint';
import { chart, day, line, roundUp } from './chart';

describe('the cost chart', () => {
  const at = (minute: number): string => new Date(minute * 60_000).toISOString();

  it('stacks what runs in steps until now', () => {
    const drawn = chart(
      [
        { at: at(0), seen: true, rates: [['control_plane', 100]] },
        {
          at: at(60),
          seen: true,
          rates: [
            ['control_plane', 100],
            ['gpu', 300],
          ],
        },
      ],
      120 * 60_000,
      100,
      42,
    );
    expect([drawn?.peak, drawn?.scale, drawn?.lines]).toEqual([400, 400, [2, 22, 42]]);
    expect(drawn?.top).toBe('M0 32L50 32L50 2L100 2');
    expect(drawn?.bands.map((one) => `${one.series} ${one.area}`)).toEqual([
      'control_plane M0 42L0 32L50 32L50 32L100 32L100 42L50 42L50 42L0 42Z',
      'gpu M0 32L0 32L50 32L50 2L100 2L100 32L50 32L50 32L0 32Z',
    ]);
  });

  it('draws nothing of a time in which nobody looked, and says which it was', () => {
    const points: SpendPoint[] = [
      { at: at(0), seen: true, rates: [['gpu', 100]] },
      { at: at(30), seen: false, rates: [] },
      { at: at(60), seen: true, rates: [['gpu', 200]] },
      { at: at(90), seen: false, rates: [] },
    ];
    const drawn = chart(points, 120 * 60_000, 120, 42);
    expect(drawn?.top).toBe('M0 22L30 22M60 2L90 2');
    expect(drawn?.bands.map((one) => one.area)).toEqual([
      'M0 42L0 22L30 22L30 42L0 42ZM60 42L60 2L90 2L90 42L60 42Z',
    ]);
    const minute = 60_000;
    expect(drawn?.gaps).toEqual([
      { x: 30, width: 30, from: 30 * minute, to: 60 * minute },
      { x: 90, width: 30, from: 90 * minute, to: null },
    ]);
    expect(line(points, 120 * minute, 120 * minute, 200, 120, 42)).toBe('M0 21H30M60 1H90');
  });

  it('ends its scale at a round amount above the peak', () => {
    expect([90_000, 400_000, 1_166_000, 2_726_000, 46_930_000, 9_100_000].map(roundUp)).toEqual([
      100_000, 400_000, 1_200_000, 3_000_000, 50_000_000, 10_000_000,
    ]);
  });

  it('draws the last day of one on a scale that others share', () => {
    const points: SpendPoint[] = [
      { at: at(0), seen: true, rates: [['gpu', 50]] },
      { at: at(90), seen: true, rates: [['gpu', 100]] },
    ];
    const hour = 60 * 60_000;
    expect(line(points, 2 * hour, hour, 200, 100, 42)).toBe('M0 31H50L50 21H100');
    expect(line([], 2 * hour, hour, 200, 100, 42)).toBe('');
  });

  it('draws nothing where nothing is known or nothing costs', () => {
    expect(chart([], 0, 10, 10)).toBeNull();
    expect(chart([{ at: at(0), seen: true, rates: [] }], 60_000, 10, 10)).toBeNull();
  });
});

describe('the line of a day', () => {
  it('begins where something is known, and leaves out what nobody saw', () => {
    const points = [null, 0, 50, null, null, 100, null];
    expect(day(points, 70, 32)).toEqual({
      line: 'M10 31H20L20 16H30M50 1H60',
      gaps: [
        { x: 30, width: 20 },
        { x: 60, width: 10 },
      ],
      peak: 100,
    });
    expect(day([null, null], 70, 32)).toBeNull();
    expect(day([], 70, 32)).toBeNull();
  });
});
