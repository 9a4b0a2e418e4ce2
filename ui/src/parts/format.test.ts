import { describe, expect, it } from 'vitest';
import { count, duration, gigabytes, list, money, monthly, rate, roughly, time } from './format';

const each = <T>(format: (value: T) => string, values: T[]): string[] =>
  values.map((value) => format(value));

describe('figures', () => {
  it('show cents, and tenths of a cent below ten', () => {
    expect(each(money, [0, 520_000, 36_000, 90_000, 2_726_000, 1_234_560_000, null])).toEqual([
      '$0.00',
      '$0.52',
      '$0.036',
      '$0.09',
      '$2.73',
      '$1,234.56',
      '–',
    ]);
    expect(each(rate, [36_000, null])).toEqual(['$0.036/h', '–']);
  });

  it('show a month in whole dollars where nothing is lost', () => {
    expect(each(monthly, [434_000_000, 2_500_000, 1_833_700_000, null])).toEqual([
      '$434',
      '$2.50',
      '$1,834',
      '–',
    ]);
  });

  it('say lengths of time in words', () => {
    expect(
      each(duration, [41, 1100, 58_000, 91_000, 59_999, 13_680_000, 180_000_000, null]),
    ).toEqual(['41 ms', '1.1 s', '58 s', '1 min 31 s', '1 min 0 s', '3 h 48 min', '2 d 2 h', '–']);
    expect(each(roughly, [4000, 119_000, 7_200_000, 700_000_000])).toEqual([
      '4 s',
      '2 min',
      '2 h',
      '8 days',
    ]);
  });

  it('name the day of a time that is not today’s', () => {
    const noon = new Date(2026, 10, 23, 12, 0).getTime();
    const at = (day: number): string => new Date(2026, 10, day, 9, 5).toISOString();
    expect([time(at(23), noon), time(at(22), noon), time(null), time('nonsense')]).toEqual([
      '09:05',
      'Nov 22, 09:05',
      '–',
      '–',
    ]);
  });

  it('join, count and measure', () => {
    expect([
      list(['a', 'b', 'c']),
      count(1234),
      count(null),
      gigabytes(16_384),
      gigabytes(null),
    ]).toEqual(['a, b, and c', '1,234', '–', '16 GB', '–']);
  });
});
