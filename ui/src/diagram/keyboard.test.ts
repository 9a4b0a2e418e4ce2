import { describe, expect, it } from 'vitest';
import { move, type Stop, typed } from './keyboard';

const stops: Stop[] = [
  { id: 'kubectl', parent: null, name: 'kubectl' },
  { id: 'access', parent: null, name: 'API access list' },
  { id: 'cluster', parent: null, name: 'LKE cluster' },
  { id: 'control', parent: 'cluster', name: 'Control plane' },
  { id: 'pool', parent: 'cluster', name: 'GPU pool' },
  { id: 'node', parent: 'pool', name: 'GPU node 1' },
];
const edges = [
  ['kubectl', 'access'],
  ['access', 'control'],
] as const;

describe('the keyboard in the picture', () => {
  it.each([
    ['kubectl', 'ArrowDown', 'access'],
    ['cluster', 'ArrowUp', 'access'],
    ['cluster', 'ArrowRight', 'control'],
    ['kubectl', 'ArrowRight', 'access'],
    ['access', 'ArrowRight', 'control'],
    ['node', 'ArrowLeft', 'pool'],
    ['access', 'ArrowLeft', 'kubectl'],
    ['node', 'Home', 'kubectl'],
    ['kubectl', 'End', 'node'],
    ['node', 'ArrowDown', null],
    ['kubectl', 'ArrowUp', null],
    ['node', 'ArrowRight', null],
    ['node', 'Tab', null],
    ['gone', 'ArrowDown', 'kubectl'],
  ])('from %s with %s leads to %s', (from, key, to) => {
    expect(move(stops, edges, from, key)).toBe(to);
  });

  it('jumps to the next part that begins with what is typed', () => {
    expect(typed(stops, 'kubectl', 'g')).toBe('pool');
    expect(typed(stops, 'pool', 'g')).toBe('node');
    expect(typed(stops, 'node', 'gpu p')).toBe('pool');
    expect(typed(stops, 'node', 'x')).toBeNull();
  });
});
