/** Rules of the node firewall besides those that LKE needs: as they are typed, and on a cluster that
 * stands. */
import type { Backend } from '../backend';
import type { FirewallRule } from '../bindings/FirewallRule';
import type { Protocol } from '../bindings/Protocol';
import type { Review } from '../bindings/Review';
import { Change } from './change.svelte';
import { ranges } from './spec';

export const PROTOCOLS: readonly Protocol[] = ['TCP', 'UDP', 'ICMP', 'IPENCAP'];

/** A rule as it is typed. */
export interface TypedRule {
  label: string;
  protocol: Protocol;
  ports: string;
  from: string;
}

export function hasPorts(protocol: Protocol): boolean {
  return protocol === 'TCP' || protocol === 'UDP';
}

function typed(rule: FirewallRule): TypedRule {
  const { label, protocol } = rule;
  return { label, protocol, ports: rule.ports ?? '', from: rule.sources.join(', ') };
}

function read({ label, protocol, ports, from }: TypedRule): FirewallRule {
  const written = ports.trim();
  return {
    label: label.trim(),
    protocol,
    ports: written === '' ? null : written,
    sources: ranges(from).good,
  };
}

export class RuleRows {
  rows = $state.raw<readonly TypedRule[]>([]);
  /** Without what is no address range; Rust judges the rest. */
  readonly rules = $derived(this.rows.map(read));
  /** Parts of sources that are no address range. */
  readonly bad = $derived(this.rows.flatMap((row) => ranges(row.from).bad));
  readonly #onedit: () => void;

  constructor(onedit: () => void) {
    this.#onedit = onedit;
  }

  /** Begins anew with these. */
  take(rules: readonly FirewallRule[]): void {
    this.rows = rules.map(typed);
  }

  add(): void {
    this.#set([...this.rows, { label: '', protocol: 'TCP', ports: '', from: '' }]);
  }

  /** A protocol that knows no ports takes them away where it is chosen; those of a file stay to be
   * seen. */
  change(at: number, patch: Partial<TypedRule>): void {
    const none = patch.protocol !== undefined && !hasPorts(patch.protocol);
    const changed = none ? { ...patch, ports: '' } : patch;
    this.#set(this.rows.map((row, i) => (i === at ? { ...row, ...changed } : row)));
  }

  remove(at: number): void {
    this.#set(this.rows.filter((_, i) => i !== at));
  }

  #set(rows: readonly TypedRule[]): void {
    this.rows = rows;
    this.#onedit();
  }
}

export class Rules extends Change {
  readonly own: RuleRows;
  /** Whether the rules that stand were read. */
  read = $state(false);
  readonly #backend: Backend;

  constructor(backend: Backend, deployment: string, fail: (thrown: unknown) => void) {
    super(deployment, fail);
    this.#backend = backend;
    this.own = new RuleRows(() => {
      this.later();
    });
  }

  /** Reads the rules that stand. */
  async open(): Promise<void> {
    await this.ask();
    if (this.review === null) return;
    this.own.take(this.review.spec.firewall_rules);
    this.read = true;
  }

  protected question(): Promise<Review> {
    return this.#backend.reviewRules(this.deployment, this.read ? this.own.rules : null);
  }
}
