import { fireEvent } from '@testing-library/svelte';
import { describe, expect, it, vi } from 'vitest';
import { at, eachInItsOwn, open } from './opened';

eachInItsOwn();

describe('read-only kubeconfigs', () => {
  it('lists who has one, with its end', async () => {
    await open('readers');
    expect(at('readers-list').querySelectorAll('li').length).toBe(2);
    expect(at('readers-list').textContent).toContain('grace');
  });

  it('gives one out under the name and for the hours that were chosen', async () => {
    const { app, backend } = await open('readers');
    await fireEvent.input(at('reader-name'), { target: { value: ' linus ' } });
    await fireEvent.click(at('reader-save'));
    expect(backend.calls).toContain('save_reader linus 8');
    await vi.waitFor(() => {
      expect(app.toasts.at(-1)?.done).toContain('linus');
    });
    await vi.waitFor(() => {
      expect(app.readers.working).toBe(false);
    });
    await fireEvent.click(at('reader-save'));
    expect(backend.calls).toContain('save_reader null 8');
  });

  it('takes one back', async () => {
    const { app, backend } = await open('readers');
    await fireEvent.click(at('reader-revoke-grace'));
    expect(backend.calls).toContain('revoke_reader grace');
    await vi.waitFor(() => {
      expect(app.toasts.at(-1)?.done).toContain('grace');
    });
  });
});
