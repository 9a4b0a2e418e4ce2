import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { length, names, number, rate, said, text, word } from '../backend/fixtures/make';
import { known, say } from './say';

describe('a sentence', () => {
  it('is found by its code, its parameters in the reader’s way', () => {
    expect(say(text('note_sweep_next', { wait: length(41_000) }))).toContain('41 s');
    expect(say(text('needs_exists_rate', { rate: rate(520_000) }))).toContain('$0.52/h');
  });

  it('may hold a sentence', () => {
    const thing = said(text('thing_firewall', { id: word('7') }));
    expect(say(text('activity_made', { thing }))).toMatch(/^Made .*irewall 7$/);
  });

  it('of an unknown code shows the code and never throws', () => {
    expect(known('no_such_code')).toBe(false);
    expect(say(text('no_such_code'))).toBe('no_such_code');
    const told = text('no_such_code', { a: number(1234), b: names(['x', 'y']) });
    expect(say(told)).toBe('no_such_code: 1,234, x and y');
    expect(say(text('toString'))).toBe('toString');
  });

  it('draws a parameter that did not come as absent', () => {
    expect(say(text('activity_made'))).toBe('Made –');
  });
});

describe('the catalogue', () => {
  const catalogue = JSON.parse(readFileSync('messages/en.json', 'utf8')) as Record<string, string>;
  const source = (folder: string): string =>
    readdirSync(folder, { withFileTypes: true })
      .map((one) => {
        const path = join(folder, one.name);
        if (one.isDirectory()) return one.name === 'paraglide' ? '' : source(path);
        return /\.(svelte|ts)$/.test(one.name) ? readFileSync(path, 'utf8') : '';
      })
      .join('\n');

  it('is sorted and has plain snake case keys', () => {
    const keys = Object.keys(catalogue);
    expect(keys).toEqual([...keys].sort());
    expect(keys.filter((key) => !/^[a-z][a-z0-9_]*$/.test(key))).toEqual([]);
  });

  it('has no text of the window that the window does not use', () => {
    const used = source('src');
    const idle = Object.keys(catalogue)
      // These two speak of the UI list, and the rules say them.
      .filter((key) => key.startsWith('ui_') && !key.startsWith('ui_everyone'))
      .filter((key) => !new RegExp(`\\b${key}\\b`).test(used));
    expect(idle).toEqual([]);
  });
});
