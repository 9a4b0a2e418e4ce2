/** Words, icons and colours of the picture's states: what is drawn, beside the pure layout. */
import CircleAlert from '@lucide/svelte/icons/circle-alert';
import CircleCheck from '@lucide/svelte/icons/circle-check';
import CircleDashed from '@lucide/svelte/icons/circle-dashed';
import CircleMinus from '@lucide/svelte/icons/circle-minus';
import LoaderCircle from '@lucide/svelte/icons/loader-circle';
import type { Keeper } from '../bindings/Keeper';
import type { NodeRow } from '../bindings/NodeRow';
import type { NodeState } from '../bindings/NodeState';
import type { PoolRole } from '../bindings/PoolRole';
import type { Tense } from '../bindings/Tense';
import { m } from '../paraglide/messages.js';
import { duration, NONE, percent, rate } from '../parts/format';
import type { IconOf, Tone } from '../parts/State.svelte';

export interface Look {
  tone: Tone;
  icon: IconOf;
  word: string;
  live: boolean;
}

export function nodeLook(state: NodeState): Look {
  switch (state) {
    case 'ready':
      return { tone: 'ok', icon: CircleCheck, word: m.ui_node_ready(), live: false };
    case 'starting':
      return { tone: 'busy', icon: LoaderCircle, word: m.ui_node_starting(), live: true };
    case 'untested':
      return { tone: 'busy', icon: LoaderCircle, word: m.ui_node_untested(), live: true };
    case 'broken':
      return { tone: 'danger', icon: CircleAlert, word: m.ui_node_broken(), live: false };
    case 'not_ready':
      return { tone: 'danger', icon: CircleAlert, word: m.ui_node_not_ready(), live: false };
    case 'leaving':
      return { tone: 'quiet', icon: CircleMinus, word: m.ui_tense_leaving(), live: true };
  }
}

/** What is said of a part's tense; nothing where it simply stands. */
export function tenseLook(tense: Tense): Look | null {
  switch (tense) {
    case 'planned':
    case 'running':
      return null;
    case 'building':
      return { tone: 'busy', icon: LoaderCircle, word: m.ui_tense_building(), live: true };
    case 'leaving':
      return { tone: 'busy', icon: CircleMinus, word: m.ui_tense_leaving(), live: true };
    case 'gone':
      return { tone: 'quiet', icon: CircleDashed, word: m.ui_tense_gone(), live: false };
  }
}

/** A tense in one word, for those who do not see its outline. */
export function tenseWord(tense: Tense): string {
  if (tense === 'planned') return m.ui_tense_planned();
  if (tense === 'running') return m.ui_tense_running();
  return tenseLook(tense)?.word ?? '';
}

export function roleWord(role: PoolRole): string {
  return role === 'gpu' ? m.ui_gpu_pool() : m.ui_system_pool();
}

/** What Kubernetes says of a node. */
export function kubernetesWord(node: NodeRow): string {
  if (node.kubernetes_ready === null) return m.ui_not_seen_yet();
  return node.kubernetes_ready ? m.ui_ready() : m.ui_not_ready();
}

/** Whether the firewall stands before a node, and how long it did not. */
export function coverWord(node: NodeRow): string {
  if (node.covered === null) return NONE;
  if (!node.covered) return m.ui_not_covered();
  return node.open_ms === null
    ? m.ui_covered()
    : m.ui_covered_after({ time: duration(node.open_ms) });
}

/** Which of the two puts new nodes behind the firewall. */
export function keptWord(keeper: Keeper | null): string | null {
  switch (keeper) {
    case 'app':
      return m.ui_firewall_kept_app();
    case 'controller':
      return m.ui_firewall_kept_inside();
    case 'change':
      return m.ui_firewall_kept_change();
    case null:
      return null;
  }
}

/** How much GPUs compute now; "–" where that is not known. */
export function useWord(of: { percent: number | null } | null | undefined): string {
  return of?.percent == null ? NONE : percent(of.percent / 100);
}

/** A node in one sentence, as a screen reader says it. */
export function nodeLabel(node: NodeRow, place: number, all: number): string {
  const cover =
    node.covered === null
      ? m.ui_firewall_unknown()
      : node.covered
        ? m.ui_behind_firewall()
        : m.ui_not_behind_firewall();
  return m.ui_node_label({
    pool: node.role === 'gpu' ? m.ui_gpu_node() : m.ui_system_node(),
    short: node.short,
    place: String(place),
    all: String(all),
    state: nodeLook(node.state).word,
    cover: node.usage?.percent == null ? cover : m.ui_node_use({ cover, use: useWord(node.usage) }),
    price: rate(node.price?.hour),
  });
}
