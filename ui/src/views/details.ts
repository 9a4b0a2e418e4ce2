/** What is known of one part of the picture: facts and events. Whatever the view does not hold is "–". */
import type { ActivityRow } from '../bindings/ActivityRow';
import type { DeploymentRow } from '../bindings/DeploymentRow';
import type { NodeRow } from '../bindings/NodeRow';
import type { PoolPart } from '../bindings/PoolPart';
import type { PoolRole } from '../bindings/PoolRole';
import type { Price } from '../bindings/Price';
import type { Tense } from '../bindings/Tense';
import type { Text } from '../bindings/Text';
import { nodeId, poolId } from '../diagram/layout';
import {
  coverWord,
  kubernetesWord,
  nodeLook,
  roleWord,
  tenseWord,
  useWord,
} from '../diagram/words.svelte';
import { m } from '../paraglide/messages.js';
import { count, duration, gigabytes, list, monthly, NONE, rate, time } from '../parts/format';
import { published } from './reach';
import { cardWord, cpuWord, gpusWord, memoryWord, noteWord, podsWord, proofWord } from './inside';
import { heatWord, idleWord, memoryUseWord } from './usage';

export interface Fact {
  name: string;
  value: string;
  mono?: boolean;
}

export interface Details {
  title: string;
  facts: Fact[];
  /** What happened to it, the newest first; `null`: nothing of it is kept. */
  events: readonly ActivityRow[] | null;
  /** How its GPUs were used over a day; absent where it has none. */
  day?: readonly (number | null)[];
  /** A sentence about it. */
  note: string | null;
  /** Whether the rules of the firewall stand here. */
  rules: boolean;
}

interface Known {
  row: DeploymentRow;
  nodes: readonly NodeRow[];
  happened: readonly ActivityRow[];
  now: number;
}

/** Codes and names in a text, however deep. */
function mentions(text: Text): string[] {
  const inner = Object.values(text.params).flatMap((one) => {
    if (one.kind === 'said') return mentions(one.value);
    return [String(one.value)];
  });
  return [text.code, ...inner];
}

function about(happened: readonly ActivityRow[], wanted: readonly string[]): ActivityRow[] {
  return happened.filter((one) => mentions(one.text).some((word) => wanted.includes(word)));
}

const fact = (name: string, value: string | null | undefined, mono = false): Fact => ({
  name,
  value: value ?? NONE,
  mono,
});
const state = (tense: Tense): Fact => fact(m.ui_state(), tenseWord(tense));
const cost = (price: Price | null): Fact[] => [
  fact(m.ui_an_hour(), price?.hour === 0 ? m.ui_free() : rate(price?.hour), true),
  fact(m.ui_a_month_capped(), price?.month === 0 ? m.ui_free() : monthly(price?.month), true),
];

/** What Kubernetes and the test of its GPUs tell of a node. */
function insideOf(node: NodeRow, shared: boolean, now: number): Fact[] {
  const { inside, proof } = node;
  const room = inside?.room;
  const gpus = [
    fact(shared ? m.ui_slices_free() : m.ui_gpus_free(), gpusWord(room), true),
    fact(m.ui_gpus_held_by(), room && room.holders.length > 0 ? list(room.holders) : null, true),
    fact(m.ui_gpu_test(), proofWord(node)),
    fact(m.ui_card(), cardWord(node), true),
  ];
  return [
    fact(m.ui_kubelet(), inside?.version, true),
    fact(m.ui_joined(), time(inside?.born, now), true),
    fact(m.ui_pods(), podsWord(room), true),
    fact(m.ui_cpu_requested(), cpuWord(room), true),
    fact(m.ui_memory_requested(), memoryWord(room), true),
    ...(node.role === 'gpu' || proof ? gpus : []),
    fact(m.ui_taints(), inside?.taints.join(', ') || null, true),
    fact(m.ui_labels(), inside?.labels.join(', '), true),
  ];
}

/** How its GPUs are used, which is what is paid for. */
function usageOf({ role, usage }: NodeRow, now: number): Fact[] {
  if (role !== 'gpu' && !usage) return [];
  return [
    fact(m.ui_gpu_use(), useWord(usage), true),
    fact(m.ui_gpu_memory(), memoryUseWord(usage), true),
    fact(m.ui_gpu_heat(), heatWord(usage), true),
    fact(m.ui_gpu_idle(), idleWord(usage, now)),
  ];
}

function ofNode(node: NodeRow, { row, happened, now }: Known): Details {
  const shared = row.picture.pools.some((one) => one.role === 'gpu' && one.slices > 1);
  const instance = node.instance === null ? null : String(node.instance);
  return {
    title: `${node.role === 'gpu' ? m.ui_gpu_node() : m.ui_system_node()} ${node.short}`,
    facts: [
      fact(m.ui_state(), nodeLook(node.state).word),
      fact(
        m.ui_kubernetes(),
        node.inside?.cordoned
          ? list([kubernetesWord(node), m.ui_cordoned()])
          : kubernetesWord(node),
      ),
      ...usageOf(node, now),
      fact(m.ui_instance(), node.instance_status),
      fact(m.ui_instance_id(), instance, true),
      fact(m.ui_node_id(), node.id, true),
      fact(m.ui_firewall(), coverWord(node)),
      ...insideOf(node, shared, now),
      fact(m.ui_first_seen(), time(node.since, now), true),
      ...cost(node.price),
    ],
    ...(node.usage ? { day: node.usage.day } : {}),
    events: about(happened, [node.short, node.id, ...(instance === null ? [] : [instance])]),
    note: noteWord(node),
    rules: false,
  };
}

function ofPool(pool: PoolPart, { nodes, happened }: Known): Details {
  const own = nodes.filter((one) => one.role === pool.role);
  const words = own.flatMap((one) => [one.short, String(one.instance)]);
  return {
    title: roleWord(pool.role),
    facts: [
      state(pool.tense),
      fact(m.ui_instance_type(), pool.instance_type, true),
      fact(m.ui_of_a_node(), pool.title),
      fact(m.ui_cpus(), count(pool.vcpus), true),
      fact(m.ui_memory(), gigabytes(pool.memory_mb), true),
      fact(m.ui_gpus(), count(pool.gpus), true),
      ...(pool.role === 'gpu' ? [fact(m.ui_gpu_slices(), count(pool.slices), true)] : []),
      fact(m.ui_nodes(), m.ui_n_of_max({ n: count(pool.count), max: count(pool.max) }), true),
      fact(
        m.ui_autoscaler(),
        pool.min === pool.max
          ? m.ui_off()
          : m.ui_range({ low: count(pool.min), high: count(pool.max) }),
        true,
      ),
      fact(m.ui_each(), rate(pool.each?.hour), true),
    ],
    events: about(happened, ['thing_pool', 'thing_instance', ...words]),
    note: null,
    rules: false,
  };
}

/** The details of a part; `null` when the picture has it no more. */
export function details(part: string, known: Known): Details | null {
  const { row, nodes, happened } = known;
  const { picture } = row;
  const plain = { events: null, note: null, rules: false };
  const role = (['gpu', 'system'] as PoolRole[]).find(
    (one) => part === poolId(one) || part.endsWith(`-${one}`) || part.startsWith(`group-${one}-`),
  );
  switch (part) {
    case 'cluster':
      return {
        ...plain,
        title: row.label,
        facts: [
          state(picture.cluster),
          fact(
            m.ui_cluster_id(),
            picture.cluster_id === null ? null : `lke${String(picture.cluster_id)}`,
            true,
          ),
          fact(m.ui_region(), `${picture.region_label} (${picture.region})`),
          fact(m.ui_kubernetes(), picture.kubernetes_version, true),
          fact(m.ui_created(), time(row.created, known.now), true),
          fact(m.ui_cost(), rate(row.rate), true),
        ],
        events: about(happened, ['thing_cluster', 'activity_create', 'activity_kubeconfig']),
      };
    case 'control':
      return {
        ...plain,
        title: m.ui_control_plane(),
        facts: [
          state(picture.control_plane.tense),
          fact(m.ui_high_availability(), picture.control_plane.ha ? m.ui_on() : m.ui_off()),
          fact(
            m.ui_api_answers_in(),
            picture.control_plane.answers_ms === null
              ? null
              : duration(picture.control_plane.answers_ms),
            true,
          ),
          ...cost(picture.control_plane.price),
        ],
        events: about(happened, ['thing_control_plane']),
      };
    case 'kubectl':
    case 'access':
      return {
        ...plain,
        title: m.ui_access_list(),
        facts: [
          state(picture.access_list.tense),
          fact(m.ui_may_connect(), picture.access_list.addresses?.join(', '), true),
          fact(m.ui_port(), '443', true),
          ...(row.merged ? [fact(m.ui_in_kubectl(), row.merged.context, true)] : []),
        ],
        note: m.ui_access_note(),
      };
    case 'browser':
    case 'ui-list':
      return {
        ...plain,
        title: m.ui_list(),
        facts: [fact(m.ui_may_connect(), picture.ui_list.join(', ') || m.ui_nobody(), true)],
        note: published(row.reach?.paths ?? [])?.text ?? m.ui_nothing_listens(),
      };
    case 'firewall': {
      const wall = picture.firewall;
      const open = nodes.filter((one) => one.covered === false).map((one) => one.short);
      return {
        title: m.ui_firewall(),
        facts: [
          state(wall.tense),
          fact(
            m.ui_stands_before(),
            m.ui_n_of_max({ n: count(wall.covered), max: count(wall.nodes) }),
            true,
          ),
          fact(m.ui_not_behind_it(), open.length === 0 ? m.ui_no_node() : list(open), true),
        ],
        events: about(happened, ['thing_firewall', 'activity_covered']),
        note: m.ui_firewall_note(),
        rules: true,
      };
    }
    case 'kubeflow':
      return { ...plain, title: 'Kubeflow', facts: [fact(m.ui_state(), m.ui_not_installed())] };
    default: {
      const node = nodes.find((one) => nodeId(one.id) === part);
      if (node) return ofNode(node, known);
      const pool = role ? picture.pools.find((one) => one.role === role) : undefined;
      return pool ? ofPool(pool, known) : null;
    }
  }
}
