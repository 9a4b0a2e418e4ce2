import { cleanup, fireEvent, screen } from '@testing-library/svelte';
import { describe, expect, it, vi } from 'vitest';
import { at, eachInItsOwn, open } from './opened';

eachInItsOwn();

describe('a deploy', () => {
  it('goes from the demo to Deploy by its buttons', async () => {
    const { backend } = await open('start');
    await fireEvent.click(at('try-demo'));
    await fireEvent.click(await screen.findByTestId('use-my-address'));
    await vi.waitFor(() => {
      expect(at('review')).toHaveProperty('disabled', false);
    });
    expect([at('quote-from-start').textContent, at('quote-at-most').textContent]).toEqual([
      '$0.65/h',
      '$2.73/h',
    ]);
    expect(at('quote-month').textContent).toBe('$434 – $1,834');
    await fireEvent.click(at('review'));
    expect(at('review-items').querySelectorAll('tbody tr').length).toBe(6);
    expect(at('deploy').textContent).toContain('Deploy · $0.65/h starts');
    await fireEvent.click(at('deploy'));
    expect(backend.calls).toContain('deploy');
  });

  it('at an unknown price waits for a tick', async () => {
    await open('unknown');
    expect(at('deploy')).toHaveProperty('disabled', true);
    expect(at('review-from-start').textContent).toBe('–');
    await fireEvent.click(at('unknown-price'));
    expect(at('deploy')).toHaveProperty('disabled', false);
  });

  it('is not possible with a problem, which stands at its field', async () => {
    await open('errors');
    expect(at('review')).toHaveProperty('disabled', true);
    expect(at('field-prefix').getAttribute('aria-invalid')).toBe('true');
    expect(at('diagnostics').dataset.errors).toBe('2');
  });
});

describe('a run', () => {
  it('shows each step with its state and says changes politely', async () => {
    const { backend } = await open('building');
    expect(at('step-6').dataset.state).toBe('done');
    expect(at('step-7').dataset.state).toBe('late');
    expect(at('live').textContent).toBe('');
    backend.hear?.({
      kind: 'delta',
      value: {
        seq: 8,
        ops: [
          {
            op: 'put',
            key: 'step/01nlp/7',
            value: {
              row: 'step',
              value: {
                ordinal: 7,
                title: { code: 'step_await_gpu_nodes', params: {} },
                state: 'done',
                started: null,
                ended: null,
                detail: null,
                usual_ms: null,
              },
            },
          },
        ],
      },
    });
    await vi.waitFor(() => {
      expect(at('live').textContent).toBe('GPU nodes: done');
    });
  });

  it('that failed offers what the notice names', async () => {
    const { backend } = await open('failed');
    expect(at('deployment-state').dataset.state).toBe('failed');
    await fireEvent.click(at('notice-roll_back'));
    expect(backend.calls).toContain('act roll_back');
  });
});

describe('a kubeconfig', () => {
  it('is put into kubectl’s file only after its difference was shown', async () => {
    const { backend } = await open('merge');
    expect(at('merge-lines').querySelectorAll('[data-change=added]').length).toBe(12);
    expect(at('merge-lines').querySelector('[data-change=removed]')).toBeNull();
    await fireEvent.click(at('merge-current'));
    await vi.waitFor(() => {
      expect(at('merge-lines').querySelector('[data-change=removed]')?.textContent).toContain(
        'current-context: work',
      );
    });
    await fireEvent.click(at('confirm-merge'));
    expect(backend.calls.filter((one) => one.includes('merge'))).toEqual([
      'preview_merge false',
      'preview_merge true',
      'merge_kubeconfig true 1f2e3d4c-1208-true',
    ]);
    expect((await screen.findByTestId('said')).textContent).toContain(
      'kubectl --context ada-lke-gpu-kubeflow',
    );
  });

  it('is made anew only after a word about what that breaks', async () => {
    const { backend } = await open('rotate');
    expect(at('rotate-dialog').textContent).toContain('ceases to work');
    expect(at('rotate-dialog').textContent).toContain('~/.kube/config');
    await fireEvent.click(at('rotate-not'));
    expect(backend.calls).not.toContain('rotate_kubeconfig');
  });

  it('that kubectl’s file cannot take is told in words and leaves no dialog', async () => {
    const { backend, app } = await open('running');
    backend.previewMerge = () =>
      Promise.reject({
        code: 'kubectl_link',
        what: { code: 'kubectl_link', params: { path: { kind: 'text', value: '~/.kube/config' } } },
        why: null,
        fix: { code: 'kubectl_link_fix', params: {} },
        detail: null,
      } as unknown as Error);
    await app.kubectl.askMerge('01ada');
    expect((await screen.findByTestId('problem')).textContent).toContain('is a link');
    expect(app.over).toBeNull();
  });
});

describe('a teardown', () => {
  it('begins only when the name was typed, with what was ticked', async () => {
    const { backend } = await open('teardown');
    expect(at('confirm-tear-down')).toHaveProperty('disabled', true);
    await fireEvent.click(at('delete-volume-4711'));
    await vi.waitFor(() => {
      expect(backend.calls).toContain('review_teardown 4711');
    });
    await fireEvent.input(at('confirm-name'), { target: { value: 'ada' } });
    expect(at('confirm-tear-down')).toHaveProperty('disabled', false);
    await fireEvent.click(at('confirm-tear-down'));
    expect(backend.calls).toContain('tear_down ada');
  });
});

describe("another computer's deployment", () => {
  it('is read-only until it was asked for and taken over', async () => {
    const { backend } = await open('elsewhere');
    expect(screen.queryByTestId('tear-down')).toBeNull();
    expect(screen.queryByTestId('save-kubeconfig')).toBeNull();
    expect(at('notice').dataset.code).toBe('needs_elsewhere');
    await fireEvent.click(at('take-over'));
    expect(backend.calls).not.toContain('take_over');
    expect((await screen.findByTestId('take-over-dialog')).textContent).toContain('read-only');
    await fireEvent.click(at('leave-it'));
    expect(backend.calls).not.toContain('take_over');
    await fireEvent.click(at('take-over'));
    await fireEvent.click(await screen.findByTestId('confirm-take-over'));
    expect(backend.calls).toContain('take_over');
  });
});

describe('all clusters', () => {
  it('are sorted by what they cost, summed, and stand beside what is not ours', async () => {
    const { backend } = await open('all');
    const names = (): (string | undefined)[] =>
      [...at('all-clusters').querySelectorAll('tbody .name')].map((one) => one.textContent);
    expect(names()).toEqual(['ada-lke-gpu-kubeflow', 'nlp-lke-gpu-kubeflow']);
    await fireEvent.click(at('all-clusters-by-name'));
    await fireEvent.click(at('all-clusters-by-name'));
    expect(names()).toEqual(['nlp-lke-gpu-kubeflow', 'ada-lke-gpu-kubeflow']);
    expect(at('sum-rate').textContent).toBe('$1.81/h');
    expect(backend.calls.filter((one) => one === 'search_account')).toEqual(['search_account']);
    expect(at('others').textContent).toContain('Not made by Quaylight: shown, never touched.');
    expect(at('others').querySelectorAll('button:not(th button)').length).toBe(0);
  });

  it('draw only the rows on view when there are many, and the rail is searched', async () => {
    await open('many');
    const table = at('all-clusters');
    expect(table.getAttribute('aria-rowcount')).toBe('59');
    expect(table.querySelectorAll('tbody [data-row]').length).toBeLessThan(40);
    await fireEvent.input(at('rail-search'), { target: { value: 'team007' } });
    expect(document.querySelectorAll('nav .entry[data-testid^=rail-team]').length).toBe(1);
  });
});

describe('the cost', () => {
  it('has a table behind its chart, a budget and a file for a spreadsheet', async () => {
    const { backend } = await open('running');
    expect(at('budget').dataset.tone).toBe('near');
    expect(at('budget').textContent).toContain('87% of $900 a month');
    await fireEvent.click(at('cost-show-table'));
    const rows = [...at('cost-table').querySelectorAll('tbody tr')].map((one) =>
      one.textContent.replaceAll(/\s+/g, ' ').trim(),
    );
    expect(rows.map((one) => one.slice(5))).toEqual([
      expect.stringContaining('$1.17'),
      expect.stringContaining('$0.65'),
    ]);
    await fireEvent.click(at('save-cost'));
    expect(backend.calls).toContain('save_cost');
  });
});

describe('the settings', () => {
  it('say where files are and save what helps', async () => {
    const { backend } = await open('account');
    expect((await screen.findByTestId('files-data')).textContent).toContain(
      'dev.quaylight.desktop',
    );
    await fireEvent.click(at('save-diagnostics'));
    expect(backend.calls).toContain('save_diagnostics');
  });
});

describe('the palette', () => {
  const press = async (key: string, more = {}): Promise<void> => {
    await fireEvent.keyDown(document.activeElement ?? document.body, { key, ...more });
  };
  const chosen = (): string | null | undefined =>
    document.querySelector('[role=option][aria-selected=true]')?.getAttribute('data-command');

  it('opens with Ctrl-K, finds a cluster and goes there with Enter', async () => {
    const { app } = await open('running');
    await press('k', { ctrlKey: true });
    const field = await screen.findByTestId('palette-input');
    await fireEvent.input(field, { target: { value: 'seattle' } });
    expect(chosen()).toBe('cluster-01nlp');
    await fireEvent.keyDown(field, { key: 'Enter' });
    expect(app.page).toEqual({ at: 'deployment', id: '01nlp' });
    expect(app.palette.open).toBe(false);
  });

  it('offers what the page offers, and is walked with arrows', async () => {
    const { backend } = await open('failed');
    await press('k', { metaKey: true });
    const field = await screen.findByTestId('palette-input');
    expect(chosen()).toBe('kubeconfig');
    await fireEvent.keyDown(field, { key: 'ArrowUp' });
    expect(chosen()).toBe('theme-light');
    await fireEvent.keyDown(field, { key: 'Home' });
    await fireEvent.keyDown(field, { key: 'ArrowDown' });
    expect(chosen()).toBe('notice-continue');
    await fireEvent.click(at('command-notice-roll_back'));
    expect(backend.calls).toContain('act roll_back');
  });
});

describe('a token', () => {
  it('is asked for with its scopes and the page where it is made', async () => {
    await open('connect');
    expect(at('open-tokens').getAttribute('href')).toBe('https://cloud.linode.com/profile/tokens');
    const scopes = [...at('scopes').querySelectorAll('li')].map((one) => one.dataset.scope);
    expect(scopes).toContain('nodebalancers:read_write');
  });

  it('is checked scope by scope', async () => {
    await open('account');
    const tone = (scope: string): string | undefined =>
      at('scopes').querySelector<HTMLElement>(`[data-scope="${scope}"]`)?.dataset.tone;
    expect(['lke:read_write', 'nodebalancers:read_write', 'account:read_only'].map(tone)).toEqual([
      'ok',
      'danger',
      'quiet',
    ]);
    expect(at('token-expires').dataset.near).toBe('soon');
    expect(document.querySelector('[data-testid=token-banner]')).toBeNull();
  });

  it('warns on every page when it ends in days, and when it ended', async () => {
    await open('token_close');
    expect(at('token-banner').dataset.kind).toBe('close');
    expect(at('token-banner').textContent).toContain('in 2 days');
    cleanup();
    await open('token_over');
    expect(at('token-banner').dataset.kind).toBe('over');
    expect(at('token-banner').getAttribute('role')).toBe('alert');
  });

  it('of linode-cli is taken over on request, with a word about its file', async () => {
    const { backend, app } = await open('connect');
    await fireEvent.click(at('connect-from-cli'));
    expect(backend.calls).toContain('connect_from_cli');
    expect(app.fromCli).toBe(true);
  });

  it('leaves the field at once and stays nowhere in the window', async () => {
    const { backend, app } = await open('connect');
    let given = '';
    const connect = backend.connectAccount;
    backend.connectAccount = (token) => {
      given = token;
      return connect(token);
    };
    const field = at('token-input') as HTMLInputElement;
    expect(field.type).toBe('password');
    await fireEvent.input(field, { target: { value: 'canary-4711' } });
    await fireEvent.click(at('connect'));
    expect([given, field.value]).toEqual(['canary-4711', '']);
    expect(document.documentElement.outerHTML).not.toContain('canary');
    expect(JSON.stringify(app.toasts)).not.toContain('canary');
  });
});

describe('the picture', () => {
  it('is one stop in the tab order and walked with arrows', async () => {
    await open('running');
    const parts = [...document.querySelectorAll<HTMLElement>('[role=treeitem]')];
    expect(parts.filter((one) => one.tabIndex === 0).map((one) => one.dataset.part)).toEqual([
      'cluster',
    ]);
    const on = (): string | undefined =>
      (document.activeElement as HTMLElement | null)?.dataset.part;
    const press = async (key: string): Promise<void> => {
      await fireEvent.keyDown(document.activeElement ?? document.body, { key });
    };
    parts.find((one) => one.dataset.part === 'cluster')?.focus();
    await press('ArrowRight');
    expect(on()).toBe('control');
    await press('ArrowLeft');
    expect(on()).toBe('cluster');
    await press('End');
    expect(on()).toBe('ui-list');
    await press('Home');
    expect(on()).toBe('kubectl');
    await press('f');
    expect(on()).toBe('firewall');
    await press('Enter');
    expect(at('details').dataset.of).toBe('firewall');
    expect(at('details').textContent).toContain('UDP 51820');
    await fireEvent.keyDown(at('details'), { key: 'Escape' });
    expect(on()).toBe('firewall');
  });

  it('shows beside it what is known of the part that was clicked', async () => {
    await open('running');
    const tile = document.querySelector<HTMLElement>('[data-part="node-600208-b7e20200aa11"]');
    await fireEvent.click(tile ?? document.body);
    const said = at('details').textContent;
    expect(said).toContain('GPU node b7e202');
    expect(said).toContain('not seen yet');
    expect(said).toContain('node b7e202 (Linode 71000312) costs $0.52/h');
    expect(said).not.toContain('Kubeconfig saved');
    expect(document.activeElement).toBe(at('details'));
  });

  it('has a twin as a table, which is sorted and filtered', async () => {
    await open('nodes');
    const table = await screen.findByTestId('nodes');
    const first = (): string | undefined =>
      table.querySelector('tbody td .link')?.textContent ?? undefined;
    expect(table.getAttribute('aria-rowcount')).toBe('92');
    expect(table.querySelectorAll('tbody [data-row]').length).toBeLessThan(40);
    await fireEvent.click(at('nodes-by-node'));
    expect(first()).toBe('4fa01b');
    await fireEvent.click(at('nodes-by-node'));
    expect(first()).toBe('b53a9f');
    await fireEvent.input(at('nodes-filter'), { target: { value: 'not ready' } });
    expect(table.getAttribute('aria-rowcount')).toBe('4');
  });

  it('says of a node what its edges show', async () => {
    await open('running');
    const node = document.querySelector('[data-part="node-600208-9d1c4000aa11"]');
    expect(node?.getAttribute('aria-label')).toBe(
      'GPU node 9d1c40, 1 of 2, Ready, behind the firewall, GPU 78%, $0.52/h, in place',
    );
  });

  it('marks the part that a focused field is about, and jumps back to the field', async () => {
    await open('new');
    await fireEvent.focus(at('field-gpu-count'));
    expect(document.querySelector('.marked')?.getAttribute('data-part')).toBe('pool-gpu');
    const list = document.querySelector<HTMLElement>('[data-part="access"]');
    if (!list) throw new Error('the picture has an access list');
    await fireEvent.click(list);
    await vi.waitFor(() => {
      expect(document.activeElement).toBe(at('field-access'));
    });
  });
});
