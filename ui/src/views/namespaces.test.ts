import { fireEvent, screen, waitFor } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import { at, eachInItsOwn, open } from './opened';

eachInItsOwn();

describe('namespaces', () => {
  it('are shut off with a tick and opened again, but for those that all need', async () => {
    const { app, backend } = await open('running');
    if (app.current) app.current.picked = 'cluster';
    await fireEvent.click(await screen.findByTestId('details-namespaces'));
    await screen.findByTestId('namespaces-list');
    expect(screen.queryByTestId('namespace-kube-system')).toBeNull();
    expect(at('namespace-notebooks')).toHaveProperty('checked', true);
    await fireEvent.click(at('namespace-default'));
    await waitFor(() => {
      expect(at('said').textContent).toContain('default is shut off');
    });
    await waitFor(() => {
      expect(app.namespaces.working).toBe(false);
    });
    expect(at('namespace-default')).toHaveProperty('checked', true);
    await fireEvent.click(at('namespace-notebooks'));
    await waitFor(() => {
      expect(backend.calls).toContain('set_policy notebooks false');
    });
    expect(backend.calls).toContain('set_policy default true');
  });
});
