import { fireEvent, screen, waitFor } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import { at, eachInItsOwn, open } from './opened';

eachInItsOwn();
const names = (): string[] =>
  [...at('licences').querySelectorAll('tbody [data-row] button')].map((one) => one.textContent);

describe('what the program is built of', () => {
  it('is counted in the settings, listed, searched, and read one by one', async () => {
    await open('account');
    expect((await screen.findByTestId('about')).textContent).toContain('14 crates and packages');
    await fireEvent.click(at('show-licences'));
    await screen.findByTestId('licences');
    expect(names().length).toBe(15);
    await fireEvent.input(at('licences-filter'), { target: { value: 'ofl' } });
    expect(names()).toEqual(['@fontsource-variable/inter']);
    await fireEvent.click(at('licence-@fontsource-variable/inter'));
    expect((await screen.findByTestId('licence-text')).textContent).toContain('Copyright (c)');
    await fireEvent.click(at('licences-back'));
    await waitFor(() => {
      expect(document.activeElement?.textContent).toBe('@fontsource-variable/inter');
    });
  });

  it('says of a piece without a text under what it is', async () => {
    await open('licences');
    await fireEvent.click(at('licence-dlopen2'));
    expect((await screen.findByTestId('licence-none')).textContent).toContain('MIT');
  });

  it('closes when the program holds no list, and says so', async () => {
    const { app, backend } = await open('running');
    backend.licences = () => Promise.reject(new Error('nothing there'));
    app.licences.show();
    await screen.findByTestId('problem');
    expect(app.over).toBeNull();
  });
});
