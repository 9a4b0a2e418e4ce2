/** What a token must be able to do, and when it ends: pure. */
import type { AccountCard } from '../bindings/AccountCard';

/** Scopes by Linode's names. Without the needed ones nothing could be torn down again. */
export const SCOPES = [
  { scope: 'lke:read_write', needed: true },
  { scope: 'linodes:read_only', needed: true },
  { scope: 'firewall:read_write', needed: true },
  { scope: 'nodebalancers:read_write', needed: true },
  { scope: 'volumes:read_write', needed: true },
  { scope: 'account:read_only', needed: false },
] as const;
export type Scope = (typeof SCOPES)[number]['scope'];

/** Whether a token has a scope; writing includes reading, and `*` is everything. */
export function has(card: AccountCard, scope: Scope): boolean {
  const write = scope.replace(':read_only', ':read_write');
  return card.scopes.some((one) => one === '*' || one === scope || one === write);
}

/** How near a token's end is. */
export type Expiry = 'never' | 'far' | 'soon' | 'close' | 'last' | 'over';

const DAY_MS = 86_400_000;

/** Warnings come 14, 3 and 1 days before the end. */
export function expiry(expires: string | null, now: number): Expiry {
  if (expires === null) return 'never';
  const left = Date.parse(expires) - now;
  if (left <= 0) return 'over';
  if (left <= DAY_MS) return 'last';
  if (left <= 3 * DAY_MS) return 'close';
  return left <= 14 * DAY_MS ? 'soon' : 'far';
}
