import { fireEvent, screen } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import type { IdleView } from '../bindings/IdleView';
import { useWord } from '../diagram/words.svelte';
import { eachInItsOwn, open } from './opened';
import { idleWord, wasteWord } from './usage';

eachInItsOwn();

/** The facts of the details by their names. */
function facts(): Record<string, string> {
  const rows = [...screen.getByTestId('details').querySelectorAll('dl > div')];
  return Object.fromEntries(
    rows.map((row) => [row.querySelector('dt')?.textContent, row.querySelector('dd')?.textContent]),
  ) as Record<string, string>;
}

describe('GPUs that do nothing', () => {
  it('stand under the rate with what that has cost, and in the details with since when', async () => {
    await open('idle');
    expect(screen.getByTestId('idle').textContent.trim()).toBe(
      '1 of 2 GPUs idle for 42 min = $0.36',
    );
    const tile = document.querySelector<HTMLElement>('[data-part="node-600208-9d1c4000aa11"]');
    await fireEvent.click(tile ?? document.body);
    const known = facts();
    expect(known['GPU use']).toBe('0%');
    expect(known['GPU memory used']).toBe('0 GB of 20 GB');
    expect(known['GPU temperature']).toBe('36 °C');
    expect(known['Idle since']).toMatch(/^\d\d:29, for 42 min = \$0\.36$/);
  });

  it('are not spoken of while all compute', async () => {
    await open('details');
    expect(screen.queryByTestId('idle')).toBeNull();
    expect(facts()['GPU use']).toBe('78%');
    expect(facts()['Idle since']).toBe('–');
  });

  it('are said with the first of several, and without a price that is not known', () => {
    const idle: IdleView = {
      gpus: 2,
      since: '2026-11-23T10:00:00Z',
      until: '2026-11-23T11:30:59Z',
      cost: null,
    };
    expect(wasteWord(idle, 4)).toBe('2 of 4 GPUs idle, the first for 1 h 30 min = –');
    expect(idleWord(undefined, 0)).toBe('–');
  });
});

describe('the use of GPUs', () => {
  it('is a line over a day in which what nobody saw is a gap', async () => {
    await open('details');
    const line = screen.getByTestId('use-day');
    expect(line.getAttribute('aria-label')).toBe('GPU use of the last 24 hours, at most 98%');
    expect(screen.getAllByTestId('use-gap').length).toBe(1);
  });

  it('is "–" where it is not known, and never 0', async () => {
    await open('running');
    const tiles = screen.getAllByTestId('tile-use').map((one) => one.textContent);
    expect(tiles).toEqual(['78%', '–']);
    expect([useWord(null), useWord({ percent: null }), useWord({ percent: 0 })]).toEqual([
      '–',
      '–',
      '0%',
    ]);
  });

  it('is a column of the nodes and of all clusters, with the mean of what is known', async () => {
    await open('all');
    const cells = [...document.querySelectorAll('[data-testid="all-clusters"] td')];
    expect(cells.filter((one) => one.textContent.trim() === '78%').length).toBe(2);
  });
});
