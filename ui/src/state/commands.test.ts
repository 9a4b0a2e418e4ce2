import { describe, expect, it } from 'vitest';
import { type Command, found } from './commands';

const command = (label: string, group: Command['group'] = 'do', also = ''): Command => ({
  id: label,
  label,
  group,
  also,
  run: () => undefined,
});
const all = [
  command('New cluster'),
  command('Settings', 'window', 'account token'),
  command('ada-lke-gpu-kubeflow', 'clusters', 'Chicago'),
  command('nlp-lke-gpu-kubeflow', 'clusters', 'Seattle'),
  command('Tear down', 'here'),
];
const labels = (typed: string): string[] => found(all, typed).map((one) => one.label);

describe('what was typed', () => {
  it('is nothing: everything stands in the order of the groups', () => {
    expect(labels(' ')).toEqual([
      'Tear down',
      'ada-lke-gpu-kubeflow',
      'nlp-lke-gpu-kubeflow',
      'New cluster',
      'Settings',
    ]);
  });
  it.each([
    ['new', ['New cluster']],
    ['clu', ['New cluster']],
    ['chic', ['ada-lke-gpu-kubeflow']],
    ['gpu ad', ['ada-lke-gpu-kubeflow']],
    ['t', ['Tear down', 'Settings', 'nlp-lke-gpu-kubeflow', 'New cluster']],
    ['flow', ['ada-lke-gpu-kubeflow', 'nlp-lke-gpu-kubeflow']],
    ['zebra', []],
  ])('%j finds %j', (typed, expected) => {
    expect(labels(typed)).toEqual(expected);
  });
});
