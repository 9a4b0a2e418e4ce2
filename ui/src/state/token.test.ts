import { describe, expect, it } from 'vitest';
import { account } from '../backend/replay';
import { expiry, has } from './token';

describe('a token', () => {
  it('has what it has, reading where it may write, and all with *', () => {
    expect(has(account, 'linodes:read_only')).toBe(true);
    expect(has(account, 'nodebalancers:read_write')).toBe(false);
    expect(has({ ...account, scopes: ['lke:read_only'] }, 'lke:read_write')).toBe(false);
    expect(has({ ...account, scopes: ['*'] }, 'account:read_only')).toBe(true);
  });

  it.each([
    [null, 'never'],
    ['2026-12-08T12:00:01Z', 'far'],
    ['2026-12-08T12:00:00Z', 'soon'],
    ['2026-11-27T12:00:00Z', 'close'],
    ['2026-11-25T12:00:00Z', 'last'],
    ['2026-11-24T12:00:01Z', 'last'],
    ['2026-11-24T12:00:00Z', 'over'],
  ])('that ends at %s is %s', (expires, near) => {
    expect(expiry(expires, Date.parse('2026-11-24T12:00:00Z'))).toBe(near);
  });
});
