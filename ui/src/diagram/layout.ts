/** How the picture is laid out: pure functions from rows to what is drawn. */
import type { NodeRow } from '../bindings/NodeRow';
import type { NodeState } from '../bindings/NodeState';
import type { Picture } from '../bindings/Picture';
import type { PoolPart } from '../bindings/PoolPart';
import type { PoolRole } from '../bindings/PoolRole';
import type { Edges } from './keyboard';

/** How closely the nodes of a pool are drawn. */
export type Density = 'none' | 'tiles' | 'compact' | 'cells';

export function density(nodes: number): Density {
  if (nodes === 0) return 'none';
  if (nodes <= 6) return 'tiles';
  return nodes <= 20 ? 'compact' : 'cells';
}

/** Nodes that are not ready stand first when there are too many to draw each; so many at most. */
export const FIRST_MAX = 8;

/** One state's nodes, when there are too many to draw each. */
export interface Group {
  state: NodeState;
  nodes: NodeRow[];
}

export interface PoolLayout {
  density: Density;
  /** Nodes that get a tile of their own. */
  tiles: NodeRow[];
  /** The others, a group for each state. */
  groups: Group[];
  /** Nodes that are wanted and not seen yet. */
  awaited: number;
  /** Nodes that the autoscaler may still add. */
  more: number;
  /** What those would cost an hour, in micro-dollars; `null`: unknown. */
  moreRate: number | null;
}

const WORST_FIRST: NodeState[] = [
  'broken',
  'not_ready',
  'untested',
  'starting',
  'leaving',
  'ready',
];

export function layoutPool(pool: PoolPart, nodes: readonly NodeRow[]): PoolLayout {
  const own = nodes.filter((one) => one.role === pool.role);
  const kind = density(own.length);
  const stands = Math.max(own.length, pool.count);
  const more = Math.max(0, pool.max - stands);
  const planned = pool.tense === 'planned' || pool.tense === 'building';
  // The system pool is one row, which says of itself what it waits for.
  const tiled = pool.role === 'gpu';
  const going = pool.tense === 'leaving' || pool.tense === 'gone';
  const base = {
    density: kind,
    awaited: tiled && planned ? Math.max(0, pool.count - own.length) : 0,
    more: tiled && !going ? more : 0,
    moreRate: pool.each === null ? null : pool.each.hour * more,
  };
  if (kind !== 'cells') return { ...base, tiles: own, groups: [] };
  const first = WORST_FIRST.filter((state) => state !== 'ready')
    .flatMap((state) => own.filter((one) => one.state === state))
    .slice(0, FIRST_MAX);
  const rest = own.filter((one) => !first.includes(one));
  const groups = WORST_FIRST.map((state) => ({
    state,
    nodes: rest.filter((one) => one.state === state),
  })).filter((group) => group.nodes.length > 0);
  return { ...base, tiles: first, groups };
}

/** Parts of the picture: the id of each part that is drawn, and what it is in. */
export interface PartId {
  id: string;
  parent: string | null;
}

export const poolId = (role: PoolRole): string => `pool-${role}`;
export const nodeId = (id: string): string => `node-${id}`;
export const moreId = (role: PoolRole): string => `more-${role}`;
export const groupId = (role: PoolRole, state: NodeState): string => `group-${role}-${state}`;

/** The picture's parts, in the order in which they are walked. */
export function parts(picture: Picture, nodes: readonly NodeRow[]): PartId[] {
  const pools = picture.pools.flatMap((pool) => {
    const id = poolId(pool.role);
    const laid = layoutPool(pool, nodes);
    const inside = [
      ...laid.tiles.map((one) => nodeId(one.id)),
      ...laid.groups.map((one) => groupId(pool.role, one.state)),
      ...(laid.awaited > 0 ? [`awaited-${pool.role}`] : []),
      ...(laid.more > 0 ? [moreId(pool.role)] : []),
    ];
    return [{ id, parent: 'firewall' }, ...inside.map((one) => ({ id: one, parent: id }))];
  });
  return [
    { id: 'kubectl', parent: null },
    { id: 'access', parent: null },
    { id: 'cluster', parent: null },
    { id: 'control', parent: 'cluster' },
    { id: 'firewall', parent: 'cluster' },
    ...pools,
    { id: 'kubeflow', parent: 'cluster' },
    { id: 'browser', parent: null },
    { id: 'ui-list', parent: null },
  ];
}

/** What leads where. Nothing listens for browsers yet, so their way ends at the list. */
export const EDGES: Edges = [
  ['kubectl', 'access'],
  ['access', 'control'],
  ['browser', 'ui-list'],
];

export interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** A wire from the right edge of one part to the left of the next, or down to its top. */
export function wire(from: Rect, to: Rect, bend: number): string {
  const y = from.y + from.height / 2;
  const x = from.x + from.width;
  const inRow = to.y <= y && y <= to.y + to.height;
  if (inRow) return `M${px(x)} ${px(y)}H${px(to.x)}`;
  const turn = Math.min(x + bend, to.x + to.width - 8);
  if (turn < x) return `M${px(turn)} ${px(from.y + from.height)}V${px(to.y)}`;
  return `M${px(x)} ${px(y)}H${px(turn)}V${px(to.y)}`;
}

/** Half pixels keep a thin line sharp. */
function px(value: number): string {
  return String(Math.round(value) + 0.5);
}
