import { fireEvent, screen, waitFor } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import { at, eachInItsOwn, open } from './opened';

eachInItsOwn();

describe('the size of a cluster that stands', () => {
  it('is applied only after its new price range was shown', async () => {
    const { app, backend } = await open('running');
    if (app.current) app.current.picked = 'pool-gpu';
    await fireEvent.click(await screen.findByTestId('details-size'));
    await waitFor(() => {
      expect(at('size-to').textContent).toBe('$2.73/h');
    });
    expect(at('size-apply')).toHaveProperty('disabled', true);
    await fireEvent.input(at('size-most'), { target: { value: '8' } });
    expect(at('size-apply')).toHaveProperty('disabled', true);
    await waitFor(() => {
      expect([at('size-from').textContent, at('size-to').textContent]).toEqual([
        '$0.65/h',
        '$4.29/h',
      ]);
    });
    expect(at('size-changes').textContent).toContain('8');
    expect(backend.calls).not.toContain('deploy');
    await fireEvent.click(at('size-apply'));
    await waitFor(() => {
      expect(app.over).toBeNull();
    });
    expect(backend.calls).toContain('deploy');
  });
});
