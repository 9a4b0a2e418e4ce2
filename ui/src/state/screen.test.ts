import { describe, expect, it } from 'vitest';
import { views } from '../backend/fixtures/deployments';
import type { Op } from '../bindings/Op';
import type { Update } from '../bindings/Update';
import { Screen } from './screen.svelte';

function listening(): { screen: Screen; heard: ((update: Update) => void)[] } {
  const heard: ((update: Update) => void)[] = [];
  const screen = new Screen((hear) => heard.push(hear));
  screen.listen();
  return { screen, heard };
}

const snapshot = (seq: number, view = views.running): Update => ({
  kind: 'snapshot',
  value: { seq, view },
});
const delta = (seq: number, ...ops: Op[]): Update => ({ kind: 'delta', value: { seq, ops } });
const row = views.running['deployment/01ada'];
if (row?.row !== 'deployment') throw new Error('the fixture has a deployment');
const put = (rate: number | null): Op => ({
  op: 'put',
  key: 'deployment/01ada',
  value: { row: 'deployment', value: { ...row.value, rate } },
});

describe('the screen', () => {
  it('takes rows from a snapshot, each where it belongs', () => {
    const { screen, heard } = listening();
    heard[0]?.(snapshot(7));
    const ada = screen.deployments.get('01ada');
    expect(ada?.nodeList.map((one) => one.short)).toEqual(['9d1c40', 'b7e202', '4fa01b']);
    expect(ada?.timeline.map((one) => one.ordinal)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(ada?.happened[0]?.text.code).toBe('activity_covered');
    expect([screen.ready, screen.alive.length, screen.rate]).toEqual([true, 1, 1_166_000]);
  });

  it('follows deltas in order', () => {
    const { screen, heard } = listening();
    heard[0]?.(snapshot(7));
    heard[0]?.(delta(8, put(5)));
    heard[0]?.(delta(9, { op: 'remove', key: 'node/01ada/600208-b7e20200aa11' }));
    expect(screen.rate).toBe(5);
    expect(screen.deployments.get('01ada')?.nodes.size).toBe(2);
    heard[0]?.(delta(10, { op: 'remove', key: 'deployment/01ada' }));
    expect(screen.alive).toEqual([]);
    expect(heard.length).toBe(1);
  });

  it('gives lists the same object of a deployment until its row changes', () => {
    const { screen, heard } = listening();
    heard[0]?.(snapshot(7, { 'deployment/01ada': row, 'deployment/01bob': row }));
    const of = (id: string) => screen.list.find((one) => one.deployment.id === id);
    const [ada, bob] = [of('01ada'), of('01bob')];
    heard[0]?.(delta(8, put(5)));
    expect(of('01bob')).toBe(bob);
    expect(of('01ada')).not.toBe(ada);
    expect(of('01ada')?.row.rate).toBe(5);
  });

  it('asks for a snapshot after a gap and drops what the old subscription still says', () => {
    const { screen, heard } = listening();
    heard[0]?.(snapshot(7));
    heard[0]?.(delta(9, put(5)));
    expect(heard.length).toBe(2);
    expect(screen.rate).toBe(1_166_000);
    heard[0]?.(delta(10, put(6)));
    heard[1]?.(delta(10, put(6)));
    expect(screen.rate).toBe(1_166_000);
    heard[1]?.(snapshot(20, {}));
    expect(screen.list).toEqual([]);
  });

  it('drops what a new snapshot no longer holds', () => {
    const { screen, heard } = listening();
    heard[0]?.(snapshot(7));
    heard[0]?.(snapshot(9, { 'deployment/01ada': row }));
    const ada = screen.deployments.get('01ada');
    expect([ada?.nodes.size, ada?.steps.size, ada?.spend]).toEqual([0, 0, null]);
  });

  it('knows no sum when one part of it is unknown', () => {
    const { screen, heard } = listening();
    heard[0]?.(snapshot(7));
    heard[0]?.(delta(8, put(null)));
    expect(screen.rate).toBeNull();
  });
});
