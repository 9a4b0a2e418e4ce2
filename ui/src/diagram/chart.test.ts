import { describe, expect, it } from 'vitest';
import { chart } from './chart';

describe('the cost chart', () => {
  const at = (minute: number): string => new Date(minute * 60_000).toISOString();

  it('stacks what runs in steps until now', () => {
    const drawn = chart(
      [
        { at: at(0), rates: [['control_plane', 100]] },
        {
          at: at(60),
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
    expect(drawn?.peak).toBe(400);
    expect(drawn?.top).toBe('M0 32L50 32L50 2L100 2');
    expect(drawn?.bands.map((one) => `${one.series} ${one.area}`)).toEqual([
      'control_plane M0 42L0 32L50 32L50 32L100 32L100 42L50 42L50 42L0 42Z',
      'gpu M0 32L0 32L50 32L50 2L100 2L100 32L50 32L50 32L0 32Z',
    ]);
  });

  it('draws nothing where nothing is known or nothing costs', () => {
    expect(chart([], 0, 10, 10)).toBeNull();
    expect(chart([{ at: at(0), rates: [] }], 60_000, 10, 10)).toBeNull();
  });
});
