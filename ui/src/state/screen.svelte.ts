/** The rows of the view, kept by the snapshots and deltas that come in. */
import { SvelteMap } from 'svelte/reactivity';
import type { ActivityRow } from '../bindings/ActivityRow';
import type { AppRow } from '../bindings/AppRow';
import type { DeploymentRow } from '../bindings/DeploymentRow';
import type { NodeRow } from '../bindings/NodeRow';
import type { Op } from '../bindings/Op';
import type { Row } from '../bindings/Row';
import type { SpendRow } from '../bindings/SpendRow';
import type { StepRow } from '../bindings/StepRow';
import type { Update } from '../bindings/Update';

/** What stands at the right, or in a drawer where there is no room. */
export type Drawer = 'cost' | 'stops' | 'activity';

/** How a deployment is looked at. */
export type Seen = 'picture' | 'table' | 'reach';

/** Ids and times order as they are written. */
const byText = (a: string, b: string): number => Number(a > b) - Number(a < b);

/** Everything that is known of one deployment. */
export class Deployment {
  readonly id: string;
  row = $state.raw<DeploymentRow | null>(null);
  spend = $state.raw<SpendRow | null>(null);
  /** Whether it is looked at as the picture, as its twin, or by who can reach what. */
  seen = $state<Seen>('picture');
  /** Whether the table behind the cost chart is open. */
  costTable = $state(false);
  /** Which drawer is open, where the right column has no room. */
  drawer = $state<Drawer | null>(null);
  /** The part of the picture whose details are open. */
  picked = $state<string | null>(null);
  readonly nodes = new SvelteMap<string, NodeRow>();
  readonly steps = new SvelteMap<string, StepRow>();
  readonly activity = new SvelteMap<string, ActivityRow>();

  /** With its row, once that is here: the same object until the row changes, so that lists of all
   *  deployments draw anew only what changed. */
  readonly shown = $derived(this.row === null ? null : { deployment: this, row: this.row });
  /** In the order of the timeline. */
  readonly timeline = $derived([...this.steps.values()].sort((a, b) => a.ordinal - b.ordinal));
  /** GPU nodes first, oldest first. */
  readonly nodeList = $derived(
    [...this.nodes.values()].sort(
      (a, b) => byText(a.role, b.role) || byText(a.since, b.since) || byText(a.id, b.id),
    ),
  );
  /** Newest first. */
  readonly happened = $derived(
    [...this.activity.entries()]
      .sort(([a, x], [b, y]) => byText(y.at, x.at) || Number(b) - Number(a))
      .map(([, row]) => row),
  );

  constructor(id: string) {
    this.id = id;
  }
}

export class Screen {
  app = $state.raw<AppRow | null>(null);
  /** Whether the first snapshot is here. */
  ready = $state(false);
  readonly deployments = new SvelteMap<string, Deployment>();
  /** Newest first. */
  readonly list = $derived(
    [...this.deployments.values()]
      .flatMap((one) => one.shown ?? [])
      .sort((a, b) => byText(b.row.created, a.row.created)),
  );
  readonly alive = $derived(this.list.filter((one) => one.row.state !== 'gone'));
  readonly gone = $derived(this.list.filter((one) => one.row.state === 'gone'));
  /** Everything that runs, an hour; `null` when a part of it is unknown. */
  readonly rate = $derived(
    this.alive.reduce<number | null>(
      (sum, one) => (sum === null || one.row.rate === null ? null : sum + one.row.rate),
      0,
    ),
  );

  #seq: number | null = null;
  #hearing = 0;
  readonly #subscribe: (hear: (update: Update) => void) => void;
  readonly #onApp: (app: AppRow) => void;

  constructor(
    subscribe: (hear: (update: Update) => void) => void,
    onApp: (app: AppRow) => void = () => undefined,
  ) {
    this.#subscribe = subscribe;
    this.#onApp = onApp;
  }

  /** Asks for a snapshot and what follows it; what an older subscription still sends is dropped. */
  listen(): void {
    this.#hearing += 1;
    const hearing = this.#hearing;
    this.#seq = null;
    this.#subscribe((update) => {
      if (hearing === this.#hearing) this.hear(update);
    });
  }

  hear(update: Update): void {
    if (update.kind === 'snapshot') {
      this.#seq = update.value.seq;
      this.#replace(update.value.view);
      this.ready = true;
      return;
    }
    if (this.#seq === null) return;
    if (update.value.seq !== this.#seq + 1) {
      this.listen();
      return;
    }
    this.#seq = update.value.seq;
    for (const op of update.value.ops) this.#apply(op);
  }

  #replace(view: Record<string, Row>): void {
    const kept: Record<string, true> = {};
    for (const key of Object.keys(view)) {
      const id = key.split('/')[1];
      if (id !== undefined) kept[id] = true;
    }
    for (const [id, one] of this.deployments) {
      if (!kept[id]) {
        this.deployments.delete(id);
        continue;
      }
      const families = { node: one.nodes, step: one.steps, activity: one.activity };
      for (const [family, rows] of Object.entries(families)) {
        for (const key of [...rows.keys()]) {
          if (!(`${family}/${id}/${key}` in view)) rows.delete(key);
        }
      }
      if (!(`spend/${id}` in view)) one.spend = null;
      if (!(`deployment/${id}` in view)) one.row = null;
    }
    for (const [key, row] of Object.entries(view)) this.#put(key, row);
  }

  #apply(op: Op): void {
    if (op.op === 'put') this.#put(op.key, op.value);
    else this.#remove(op.key);
  }

  #of(id: string): Deployment {
    let found = this.deployments.get(id);
    if (!found) {
      found = new Deployment(id);
      this.deployments.set(id, found);
    }
    return found;
  }

  #put(key: string, row: Row): void {
    if (row.row === 'app') {
      this.app = row.value;
      this.#onApp(row.value);
      return;
    }
    const [, id, ...rest] = key.split('/');
    if (id === undefined) return;
    const one = this.#of(id);
    const last = rest.join('/');
    switch (row.row) {
      case 'deployment':
        one.row = row.value;
        break;
      case 'node':
        one.nodes.set(last, row.value);
        break;
      case 'step':
        one.steps.set(last, row.value);
        break;
      case 'spend':
        one.spend = row.value;
        break;
      case 'activity':
        one.activity.set(last, row.value);
        break;
    }
  }

  #remove(key: string): void {
    const [family, id, ...rest] = key.split('/');
    const one = id === undefined ? undefined : this.deployments.get(id);
    if (!one || id === undefined) return;
    const last = rest.join('/');
    if (family === 'deployment') this.deployments.delete(id);
    else if (family === 'node') one.nodes.delete(last);
    else if (family === 'step') one.steps.delete(last);
    else if (family === 'activity') one.activity.delete(last);
    else if (family === 'spend') one.spend = null;
  }
}
