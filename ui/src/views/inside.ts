/** What Kubernetes tells of nodes, in words. Whatever was not read is "–". */
import type { NodeRow } from '../bindings/NodeRow';
import type { RoomView } from '../bindings/RoomView';
import type { ShareView } from '../bindings/ShareView';
import { m } from '../paraglide/messages.js';
import { count, gigabytes, list, NONE } from '../parts/format';
import { maybe } from '../parts/say';

type Room = RoomView | null | undefined;

/** Cores from thousandths, to a tenth. */
const cores = (milli: number): string => count(Math.round(milli / 100) / 10);
const of = (share: ShareView, word: (value: number) => string): string =>
  m.ui_n_of_max({ n: word(share.asked), max: word(share.gives) });

export const podsWord = (room: Room): string => (room ? of(room.pods, count) : NONE);
export const cpuWord = (room: Room): string => (room ? of(room.cpu_milli, cores) : NONE);
export const memoryWord = (room: Room): string => (room ? of(room.memory_mib, gigabytes) : NONE);

/** GPUs that the next pod can get, of those that Kubernetes can give. */
export function gpusWord(room: Room): string {
  if (!room) return NONE;
  const { free, gives } = room.gpus;
  return gives === 0 ? count(0) : m.ui_free_of({ n: count(free), all: count(gives) });
}

export function proofWord(node: NodeRow): string {
  if (!node.proof) return NONE;
  return node.proof.passed ? m.ui_gpu_passed() : m.ui_gpu_failed();
}

/** The cards as the driver told them. */
export const cardWord = (node: NodeRow): string | null =>
  node.proof && node.proof.cards.length > 0 ? list(node.proof.cards) : null;

/** What does not fit together about a node. */
export const noteWord = (node: NodeRow): string | null => maybe(node.note);
