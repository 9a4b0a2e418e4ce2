/** Words, icons and colours of the paths into a deployment. */
import CircleCheck from '@lucide/svelte/icons/circle-check';
import CircleDashed from '@lucide/svelte/icons/circle-dashed';
import Globe from '@lucide/svelte/icons/globe';
import LoaderCircle from '@lucide/svelte/icons/loader-circle';
import ShieldAlert from '@lucide/svelte/icons/shield-alert';
import ShieldCheck from '@lucide/svelte/icons/shield-check';
import Unplug from '@lucide/svelte/icons/unplug';
import type { Coverage } from '../bindings/Coverage';
import type { Guard } from '../bindings/Guard';
import type { Keeper } from '../bindings/Keeper';
import type { PathState } from '../bindings/PathState';
import type { ReachPart } from '../bindings/ReachPart';
import type { ReachPath } from '../bindings/ReachPath';
import { m } from '../paraglide/messages.js';
import { count, list, NONE } from '../parts/format';
import { say } from '../parts/say';
import type { IconOf, Tone } from '../parts/State.svelte';

export interface PathLook {
  tone: Tone;
  icon: IconOf;
  word: string;
}

export function partWord(part: ReachPart): string {
  switch (part) {
    case 'api':
      return m.ui_reach_part_api();
    case 'nodes':
      return m.ui_reach_part_nodes();
    case 'inside':
      return m.ui_reach_part_inside();
    case 'balancer':
      return m.ui_reach_part_balancer();
  }
}

export function guardWord(guard: Guard | null): string {
  switch (guard) {
    case 'access_list':
      return m.ui_guard_access_list();
    case 'token':
      return m.ui_guard_token();
    case 'node_firewall':
      return m.ui_guard_node_firewall();
    case 'balancer_firewall':
      return m.ui_guard_balancer_firewall();
    case 'network_policy':
      return m.ui_guard_network_policy();
    case 'nothing':
      return m.ui_guard_nothing();
    case null:
      return NONE;
  }
}

/** Who puts new nodes behind the firewall, and when. */
export function keeperWord(keeper: Keeper): string {
  switch (keeper) {
    case 'app':
      return m.ui_keeper_is_app();
    case 'controller':
      return m.ui_keeper_is_inside();
    case 'change':
      return m.ui_keeper_changes();
  }
}

/** What is unknown for another reason than that it was not read. */
const UNKNOWN: Partial<Record<string, () => PathLook>> = {
  reach_api_pending: () => ({ tone: 'busy', icon: LoaderCircle, word: m.ui_path_pending() }),
  reach_nodes_none: () => ({ tone: 'quiet', icon: CircleDashed, word: m.ui_path_none() }),
  reach_balancer_waits: () => ({ tone: 'busy', icon: LoaderCircle, word: m.ui_path_none() }),
  reach_inside_unsure: () => ({ tone: 'quiet', icon: CircleDashed, word: m.ui_path_unsure() }),
};

export function pathLook(path: ReachPath): PathLook {
  switch (path.state) {
    case 'guarded':
      return { tone: 'ok', icon: CircleCheck, word: m.ui_path_guarded() };
    case 'open':
      return { tone: 'danger', icon: Globe, word: m.ui_path_open() };
    case 'cut':
      return { tone: 'danger', icon: Unplug, word: m.ui_path_cut() };
    case 'unknown':
      return (
        UNKNOWN[path.what.code]?.() ?? {
          tone: 'quiet',
          icon: CircleDashed,
          word: m.ui_path_unread(),
        }
      );
  }
}

/** The way to the Kubernetes API. */
export function apiWay(paths: readonly ReachPath[]): (PathLook & { text: string }) | null {
  const path = paths.find((one) => one.part === 'api');
  return path ? { ...pathLook(path), text: say(path.what) } : null;
}

/** Sentences of load balancers that are about none of them. */
const NONE_THERE = new Set(['reach_balancers_none', 'reach_balancers_unread']);

/** What of the cluster is published, the worst of it first; `null`: nothing. */
export function published(paths: readonly ReachPath[]): (PathLook & { text: string }) | null {
  const all = paths.filter((one) => one.part === 'balancer' && !NONE_THERE.has(one.what.code));
  const open = all.filter((one) => one.state === 'open');
  const worst = open[0] ?? all[0];
  if (!worst) return null;
  const text =
    all.length === 1
      ? say(worst.what)
      : m.ui_balancers_listen({ n: count(all.length), open: count(open.length) });
  return { ...pathLook(worst), text };
}
/** The firewall before the nodes, in total. */
export function coverLook(coverage: Coverage): PathLook {
  const { nodes, covered, unread } = coverage;
  const bare = nodes - covered - unread;
  const word = [
    m.ui_reach_covered({ covered: count(covered), nodes: count(nodes) }),
    ...(bare > 0 ? [m.ui_reach_bare({ n: count(bare) })] : []),
    ...(unread > 0 ? [m.ui_reach_unread({ n: count(unread) })] : []),
  ].join(' · ');
  if (bare > 0) return { tone: 'danger', icon: ShieldAlert, word };
  if (unread > 0 || nodes === 0) return { tone: 'quiet', icon: CircleDashed, word };
  return { tone: 'ok', icon: ShieldCheck, word };
}

/** The paths of each part, in the order in which they came. */
export function grouped(paths: readonly ReachPath[]): { part: ReachPart; paths: ReachPath[] }[] {
  const groups: { part: ReachPart; paths: ReachPath[] }[] = [];
  for (const path of paths) {
    const last = groups.at(-1);
    if (last?.part === path.part) last.paths.push(path);
    else groups.push({ part: path.part, paths: [path] });
  }
  return groups;
}

/** The parts with a path in this state, as one list of names. */
export function partsThatAre(state: PathState, paths: readonly ReachPath[]): string | null {
  const parts = paths.filter((one) => one.state === state).map((one) => partWord(one.part));
  return parts.length === 0 ? null : list([...new Set(parts)]);
}
