import { screen } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import { eachInItsOwn, open } from './opened';

eachInItsOwn();

describe('hours that nobody saw', () => {
  it('are a gap in the chart, and rows without figures in the table', async () => {
    await open('cost_gap');
    expect(screen.getAllByTestId('cost-gap').length).toBe(2);
    expect(screen.getByTestId('cost-gaps').textContent).toContain('Not seen: 11:');
    const rows = [...screen.getByTestId('cost-table').querySelectorAll('tbody tr')];
    const totals = rows.map((row) => row.querySelectorAll('td')[1]?.textContent.trim());
    expect(totals).toEqual(['not seen', '$1.17', '$0.65', 'not seen', '$0.65']);
    const figures = [...(rows[0]?.querySelectorAll('td') ?? [])].slice(2);
    expect(figures.map((one) => one.textContent.trim())).toEqual(['–', '–', '–']);
  });

  it('are not said of a deployment that was always looked at', async () => {
    await open('cost');
    expect(screen.queryByTestId('cost-gaps')).toBeNull();
  });
});
