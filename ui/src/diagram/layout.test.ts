import { describe, expect, it } from 'vitest';
import { node, picture } from '../backend/fixtures/picture';
import { spec } from '../backend/fixtures/catalog';
import type { PoolPart } from '../bindings/PoolPart';
import { density, layoutPool, parts, wire } from './layout';

const running = picture(spec, 'running');
const gpu = running.pools[0] as PoolPart;
const nodes = (
  n: number,
  state: (i: number) => 'ready' | 'not_ready' | 'starting' = () => 'ready',
) =>
  Array.from({ length: n }, (_, i) =>
    node(String(i).padStart(6, '0'), { id: String(i), state: state(i) }),
  );

describe('a pool', () => {
  it('draws tiles to 6 nodes, compact ones to 20, cells above', () => {
    const at = [0, 1, 6, 7, 20, 21, 1000].map((n) => `${String(n)} ${density(n)}`);
    expect(at).toEqual([
      '0 none',
      '1 tiles',
      '6 tiles',
      '7 compact',
      '20 compact',
      '21 cells',
      '1000 cells',
    ]);
  });

  it('has one tile for all free slots, with what they would cost', () => {
    const laid = layoutPool(gpu, nodes(2));
    expect([laid.more, laid.moreRate]).toEqual([3, 1_560_000]);
  });

  it('says no price of free slots when it is unknown', () => {
    expect(layoutPool({ ...gpu, each: null }, []).moreRate).toBeNull();
  });

  it('waits for nodes while it is planned, and not once it stands', () => {
    expect(layoutPool({ ...gpu, tense: 'planned' }, []).awaited).toBe(1);
    expect(layoutPool(gpu, []).awaited).toBe(0);
  });

  it('offers nothing more once it leaves', () => {
    expect(layoutPool({ ...gpu, tense: 'leaving' }, []).more).toBe(0);
  });

  it('puts at most 8 nodes that are not ready before the groups', () => {
    const crowd = nodes(100, (i) => (i % 5 === 0 ? 'not_ready' : 'ready'));
    const laid = layoutPool({ ...gpu, max: 100 }, crowd);
    expect(laid.tiles.map((one) => one.state)).toEqual(Array(8).fill('not_ready'));
    expect(laid.groups.map((one) => [one.state, one.nodes.length])).toEqual([
      ['not_ready', 12],
      ['ready', 80],
    ]);
  });

  it('has no tiles for what the system pool waits for', () => {
    const system = picture(spec, 'planned').pools[1] as PoolPart;
    expect([layoutPool(system, []).awaited, layoutPool(system, []).more]).toEqual([0, 0]);
  });

  it('leaves other pools’ nodes alone', () => {
    expect(layoutPool(gpu, [node('abc123', { role: 'system' })]).tiles).toEqual([]);
  });
});

describe('the picture', () => {
  it('is walked from the outside in', () => {
    const ids = parts(running, [node('9d1c40')]).map((one) => `${one.parent ?? ''}>${one.id}`);
    expect(ids).toEqual([
      '>kubectl',
      '>access',
      '>cluster',
      'cluster>control',
      'cluster>firewall',
      'firewall>pool-gpu',
      'pool-gpu>node-600208-9d1c4000aa11',
      'pool-gpu>more-gpu',
      'firewall>pool-system',
      'cluster>kubeflow',
      '>browser',
      '>ui-list',
    ]);
  });

  it('keeps the tab order short with a thousand nodes', () => {
    const many = parts(
      running,
      nodes(1000, (i) => (i % 3 === 0 ? 'starting' : 'ready')),
    );
    expect(many.length).toBeLessThan(60);
  });
});

describe('a wire', () => {
  const list = { x: 100, y: 10, width: 80, height: 40 };
  it('runs straight to what stands in the same row', () => {
    expect(wire(list, { x: 300, y: 15, width: 50, height: 30 }, 40)).toBe('M180.5 30.5H300.5');
  });
  it('turns down to what stands below', () => {
    expect(wire(list, { x: 0, y: 120, width: 500, height: 40 }, 40)).toBe(
      'M180.5 30.5H220.5V120.5',
    );
  });
  it('falls from the bottom when there is no room beside', () => {
    expect(wire(list, { x: 0, y: 120, width: 150, height: 40 }, 40)).toBe('M142.5 50.5V120.5');
  });
});
