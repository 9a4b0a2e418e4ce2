import { cleanup, fireEvent, screen } from '@testing-library/svelte';
import { describe, expect, it, vi } from 'vitest';
import { exposed, guarded } from '../backend/fixtures/reach';
import { at, eachInItsOwn, open } from './opened';
import { coverLook, grouped } from './reach';

eachInItsOwn();
const cells = (row: Element): string[] =>
  [...row.querySelectorAll('td')].map((one) => one.textContent.replaceAll(/\s+/g, ' ').trim());
const paths = (state: string): string[][] =>
  [...at('reach-paths').querySelectorAll(`[data-state=${state}]`)].map(cells);

describe('who can reach what', () => {
  it('is opened from the page, from the access list and from the firewall', async () => {
    const { app } = await open('running');
    await fireEvent.click(at('as-reach').querySelector('input') ?? at('as-reach'));
    expect(at('reach-cover').textContent.trim()).toBe('3 of 3 nodes covered');
    for (const part of ['access', 'firewall']) {
      await fireEvent.click(at('as-picture').querySelector('input') ?? at('as-picture'));
      if (app.current) app.current.picked = part;
      await fireEvent.click(await screen.findByTestId('details-reach'));
      expect(at('reach-paths')).not.toBeNull();
    }
  });

  it('names for each path who, what guards it, and its state in a word', async () => {
    await open('reach');
    expect(screen.queryByTestId('reach-open')).toBeNull();
    expect(paths('guarded')[0]).toEqual([
      'Only 203.0.113.7/32 reach it.',
      'API access list',
      'Guarded',
    ]);
    expect(paths('unknown').map((one) => one.slice(1))).toEqual([['–', 'Not known']]);
  });

  it('lets what is open to the world stand out and never calls the unread guarded', async () => {
    await open('reach_open');
    expect(at('reach-open').textContent.trim()).toBe(
      'Open to the whole internet: Kubernetes API, Nodes, and Load balancers',
    );
    expect(paths('open').map((one) => one.slice(1))).toEqual([
      ['Only the token', 'Open to the world'],
      ['Nothing', 'Open to the world'],
      ['Nothing Guard it', 'Open to the world'],
    ]);
    expect(paths('unknown').filter((one) => one[2] === 'Not read yet').length).toBe(1);
    expect(paths('unknown').at(-1)?.[2]).toBe('Nothing there yet');
    expect(paths('cut').map((one) => one[2])).toEqual(['Cut off']);
    expect(at('reach-times').textContent).toContain('1 of 7 machines were never seen');
  });

  it('says in the picture what is published, and what of it is open', async () => {
    await open('reach_open');
    await fireEvent.click(at('as-picture').querySelector('input') ?? at('as-picture'));
    expect(at('listens').textContent).toContain('Open to the world');
    expect(at('listens').textContent).toContain('3 load balancers listen, 1 of them');
    expect(at('api-way').textContent).toContain('Open to the world');
    cleanup();
    await open('running');
    expect(screen.queryByTestId('api-way')).toBeNull();
    expect(at('listens').textContent).toContain('Nothing listens for browsers yet.');
  });

  it('guards an open load balancer with one click, and says when that is read back', async () => {
    const { app, backend } = await open('reach_open');
    await fireEvent.click(at('reach-guard'));
    expect(backend.calls).toContain('guard_balancer kubeflow/istio-ingress');
    await vi.waitFor(() => {
      expect(app.toasts.at(-1)?.done).toContain('kubeflow/istio-ingress');
    });
    expect(app.access.guarding).toBeNull();
  });

  it('says who guards new nodes while the app is closed, and hands that over', async () => {
    const { app, backend } = await open('reach');
    expect(at('reach-keeper').textContent).toContain('while it is open');
    expect(screen.queryByTestId('keeper-app')).toBeNull();
    await fireEvent.click(at('keeper-inside'));
    expect(backend.calls).toContain('set_controller true');
    await vi.waitFor(() => {
      expect(app.toasts.at(-1)?.done).toContain('controller in the cluster');
    });
    expect(app.access.handing).toBe(false);
  });

  it('takes the nodes back from the controller', async () => {
    const { backend } = await open('reach_inside');
    expect(at('reach-keeper').textContent).toContain('also while Quaylight is closed');
    expect(screen.queryByTestId('keeper-inside')).toBeNull();
    await fireEvent.click(at('keeper-app'));
    expect(backend.calls).toContain('set_controller false');
  });

  it('names no path twice in its row', async () => {
    await open('reach_open');
    for (const body of at('reach-paths').querySelectorAll('tbody')) {
      const part = body.querySelector('th')?.textContent.trim() ?? '';
      const said = [...body.querySelectorAll('tr')].map((row) => cells(row)[0]);
      expect(said.filter((one) => one?.startsWith(part))).toEqual([]);
      expect(
        said.filter((one) => /^(The Kubernetes API|Nodes?|Load balancers?)\b/.test(one ?? '')),
      ).toEqual([]);
    }
  });

  it('counts the nodes that are covered, bare and unread', () => {
    expect(coverLook(guarded(4).coverage)).toMatchObject({
      tone: 'ok',
      word: '4 of 4 nodes covered',
    });
    expect(coverLook(exposed.coverage)).toMatchObject({
      tone: 'danger',
      word: '1 of 3 nodes covered · 1 without a firewall · 1 not read yet',
    });
    const none = { ...exposed.coverage, nodes: 0, covered: 0, unread: 0 };
    expect(coverLook(none).tone).toBe('quiet');
    expect(coverLook({ ...none, nodes: 2, covered: 1, unread: 1 }).tone).toBe('quiet');
  });

  it('keeps the order of the paths in their parts', () => {
    const parts = grouped(exposed.paths);
    expect(parts.map((one) => one.part)).toEqual(['api', 'nodes', 'inside', 'balancer']);
    expect(parts.flatMap((one) => one.paths)).toEqual(exposed.paths);
  });
});
