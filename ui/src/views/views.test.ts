import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import axe from 'axe-core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import App from '../App.svelte';
import { type Replay, replay, SCENES, type Scene } from '../backend/replay';
import { show, SHOWN } from '../look';
import type { App as State } from '../state/app.svelte';

afterEach(() => {
  cleanup();
  document.body.replaceChildren();
});

async function open(scene: Scene): Promise<{ backend: Replay; app: State }> {
  const backend = replay(scene);
  let app: State | undefined;
  render(App, {
    props: {
      backend,
      onstart: (state: State) => {
        app = state;
        void show(scene, state);
      },
    },
  });
  await vi.waitFor(() => {
    expect(document.querySelector('.skeleton') === null || scene === 'reading').toBe(true);
  });
  // Dialogs and what was asked for come a turn later.
  await new Promise((done) => setTimeout(done, 20));
  if (!app) throw new Error('the window did not start');
  return { backend, app };
}

const at = (testid: string): HTMLElement => screen.getByTestId(testid);

/** What a person would read that nobody wrote: a code, a missing value, an object. */
const UNWRITTEN =
  /\b(step|note|done|failed|activity|item|thing|teardown|needs|cloud|prefix|gpu)_[a-z_]+\b|undefined|NaN|\[object/;

describe.each(SCENES)('%s', (scene) => {
  it('says everything in words', async () => {
    await open(scene);
    const said = document.body.textContent.replaceAll(/lke:|read_write|[a-z]+:read_write/g, '');
    expect(UNWRITTEN.exec(said)?.[0]).toBeUndefined();
  });

  it('has nothing that axe calls serious', async () => {
    await open(scene);
    const found = await axe.run(document.body, {
      // Colours are not laid out here; contrast.test.ts computes them.
      rules: { 'color-contrast': { enabled: false }, region: { enabled: false } },
    });
    const bad = found.violations.filter(
      (one) => one.impact === 'serious' || one.impact === 'critical',
    );
    expect(bad.map((one) => `${one.id}: ${one.nodes[0]?.html ?? ''}`)).toEqual([]);
  });
});

describe('the list of scenes', () => {
  it.each(Object.entries(SHOWN.page))('leads to the page %s', async (page, scene) => {
    const { app } = await open(scene);
    expect(app.page.at).toBe(page);
  });

  it.each(Object.entries(SHOWN.over))('has %s over the page', async (over, scene) => {
    const { app } = await open(scene);
    expect(app.over).toBe(over);
  });

  type Kind = [string, Scene, () => Element | null];
  const kinds: Kind[] = [
    ...Object.entries(SHOWN.deployment).map(([state, scene]): Kind => [
      `a deployment that is ${state}`,
      scene,
      () => document.querySelector(`[data-testid=deployment-state][data-state=${state}]`),
    ]),
    ...Object.entries(SHOWN.step).map(([state, scene]): Kind => [
      `a step that is ${state}`,
      scene,
      () => document.querySelector(`[data-testid^=step-][data-state=${state}]`),
    ]),
    ...Object.entries(SHOWN.node).map(([state, scene]): Kind => [
      `a node that is ${state}`,
      scene,
      () => document.querySelector(`[data-part][data-node-state=${state}]`),
    ]),
    ...Object.entries(SHOWN.tense).map(([tense, scene]): Kind => [
      `a part that is ${tense}`,
      scene,
      () => document.querySelector(`[data-part][data-tense=${tense}]`),
    ]),
    ...Object.entries(SHOWN.tone).map(([tone, scene]): Kind => [
      `a notice of tone ${tone}`,
      scene,
      () => document.querySelector(`[data-testid=notice].${tone}`),
    ]),
    ...Object.entries(SHOWN.cloud).map(([cloud, scene]): Kind => [
      `the cloud ${cloud}`,
      scene,
      () => document.querySelector(`[data-testid=cloud-badge][data-cloud=${cloud}]`),
    ]),
  ];
  it.each(kinds)('shows %s in %s', async (_, scene, find) => {
    await open(scene);
    await vi.waitFor(() => {
      expect(find()).not.toBeNull();
    });
  });
});

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
      'GPU node 9d1c40, 1 of 2, Ready, behind the firewall, $0.52/h, in place',
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
