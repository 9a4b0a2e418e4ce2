import { fireEvent } from '@testing-library/svelte';
import { describe, expect, it, vi } from 'vitest';
import { at, eachInItsOwn, open } from './opened';

eachInItsOwn();

describe('services in the browser', () => {
  it('lists each port that can be opened, and what is open with its address', async () => {
    await open('services');
    expect(at('services-list').querySelectorAll('li').length).toBe(5);
    expect(at('opened-monitoring/grafana:80').textContent).toBe('http://localhost:40213');
  });

  it('opens the port that was chosen and says where it is', async () => {
    const { app, backend } = await open('services');
    await fireEvent.click(at('open-monitoring/prometheus-operated:9090'));
    expect(backend.calls).toContain('open_service monitoring/prometheus-operated 9090');
    await vi.waitFor(() => {
      expect(app.toasts.at(-1)?.done).toContain('http://localhost:40214');
    });
  });

  it('closes one by its own port', async () => {
    const { backend } = await open('services');
    await fireEvent.click(at('close-monitoring/grafana:80'));
    expect(backend.calls).toContain('close_service 40213');
  });
});
