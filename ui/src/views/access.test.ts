import { fireEvent, screen, waitFor } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import { at, eachInItsOwn, open } from './opened';

eachInItsOwn();

describe('the access list', () => {
  const entries = (): string[] =>
    [...at('access-entries').querySelectorAll('li')].map(
      (one) => `${one.dataset.cidr ?? ''} ${one.dataset.change ?? ''}`,
    );
  const enabled = async (testid: string): Promise<void> => {
    await waitFor(() => {
      expect(at(testid)).toHaveProperty('disabled', false);
    });
  };

  it('is edited from its details, and only the difference is written', async () => {
    const { app, backend } = await open('running');
    if (app.current) app.current.picked = 'access';
    await fireEvent.click(await screen.findByTestId('details-edit-access'));
    await screen.findByTestId('access-entries');
    expect(at('access-save')).toHaveProperty('disabled', true);
    await fireEvent.click(at('access-remove-198.51.100.0/24'));
    await fireEvent.input(at('access-typed'), { target: { value: ' 192.0.2.0/28 ' } });
    await fireEvent.click(at('access-add'));
    await enabled('access-save');
    expect(entries()).toEqual(['203.0.113.7/32 stays', '198.51.100.0/24 goes', '192.0.2.0/28 new']);
    await fireEvent.click(at('access-save'));
    expect(backend.calls).toContain('edit_access +192.0.2.0/28 -198.51.100.0/24 false');
    expect((await screen.findByTestId('said')).textContent).toContain('is enforced');
    expect(screen.queryByTestId('access-dialog')).toBeNull();
  });

  it('says nothing of enforced before the cloud shows it', async () => {
    const { backend } = await open('access');
    let end: (what: 'enforced' | 'stopped') => void = () => undefined;
    backend.editAccess = () => new Promise((done) => (end = done));
    await enabled('access-save');
    await fireEvent.click(at('access-save'));
    expect((await screen.findByTestId('access-wait')).textContent).toContain(
      'Waiting until Linode shows',
    );
    expect(screen.queryByTestId('said')).toBeNull();
    end('stopped');
    await waitFor(() => {
      expect(document.body.textContent).toContain('was not seen to be enforced');
    });
    expect(screen.queryByTestId('said')).toBeNull();
  });

  it('takes the own address of each family at once', async () => {
    const { backend } = await open('access');
    backend.myAddresses = () => Promise.resolve(['203.0.113.7/32', '2001:db8::7/128']);
    await enabled('access-add-mine');
    await fireEvent.click(at('access-add-mine'));
    await waitFor(() => {
      expect(entries()).toContain('2001:db8::7/128 new');
    });
    const of = (cidr: string) => document.querySelector(`[data-cidr="${cidr}"]`)?.textContent;
    expect(of('203.0.113.7/32')).toContain('your address');
    expect(of('2001:db8::7/128')).toContain('your address');
  });

  it('takes nothing that Rust calls wrong, and shows its words', async () => {
    await open('access_wrong');
    await waitFor(() => {
      expect(document.querySelector('[data-code=cidr_bare]')?.textContent).toContain(
        'Write 198.51.100.7/32',
      );
    });
    expect(document.querySelector('[data-code=kubectl_everyone]')).not.toBeNull();
    expect(entries()).not.toContain('198.51.100.7 new');
    expect(at('access-save')).toHaveProperty('disabled', true);
  });

  it('that nobody stands on cannot be saved', async () => {
    await open('access');
    await enabled('access-save');
    await fireEvent.click(at('access-remove-203.0.113.7/32'));
    await fireEvent.click(at('access-remove-192.0.2.0/28'));
    await waitFor(() => {
      expect(document.querySelector('[data-code=kubectl_nobody]')).not.toBeNull();
    });
    expect(at('access-save')).toHaveProperty('disabled', true);
  });

  it('loses the own address only after a second word', async () => {
    const { backend } = await open('access_me');
    expect((await screen.findByTestId('access-question')).dataset.code).toBe('access_removes_you');
    const written = (): string[] => backend.calls.filter((one) => one.startsWith('edit_access'));
    expect(written()).toEqual(['edit_access + -203.0.113.7/32 false']);
    await fireEvent.click(at('access-keep-203.0.113.7/32'));
    expect(screen.queryByTestId('access-question')).toBeNull();
    await enabled('access-remove-203.0.113.7/32');
    await fireEvent.click(at('access-remove-203.0.113.7/32'));
    await enabled('access-save');
    await fireEvent.click(at('access-save'));
    await fireEvent.click(await screen.findByTestId('access-without-me'));
    expect(written().at(-1)).toBe('edit_access + -203.0.113.7/32 true');
  });

  it('of another computer is not edited here', async () => {
    const { app } = await open('elsewhere');
    if (app.current) app.current.picked = 'access';
    await screen.findByTestId('details');
    expect(screen.queryByTestId('details-edit-access')).toBeNull();
  });
});

describe('the own address', () => {
  it('is asked for with the name of who is told, and always only when that is said', async () => {
    const { backend } = await open('asking');
    expect((await screen.findByTestId('asks-whom')).textContent).toContain(
      'api.ipify.org and api6.ipify.org',
    );
    await fireEvent.click(at('always-ask'));
    expect(backend.calls).toContain('always_ask_address true');
    await waitFor(() => {
      expect(at('always-ask')).toHaveProperty('checked', true);
    });
  });

  it('can be asked for always where the notice asks for it', async () => {
    await open('locked_out');
    expect(
      (await screen.findByTestId('always-ask')).closest('[data-testid=notice]'),
    ).not.toBeNull();
  });

  it('of a demo cloud tells nobody', async () => {
    await open('access');
    expect((await screen.findByTestId('asks-whom')).textContent).toContain('nobody else is asked');
    expect(screen.queryByTestId('always-ask')).toBeNull();
  });
});
