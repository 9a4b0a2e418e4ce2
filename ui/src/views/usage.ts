/** How GPUs are used, in words. Whatever was not read is "–". */
import type { IdleView } from '../bindings/IdleView';
import type { UsageView } from '../bindings/UsageView';
import { m } from '../paraglide/messages.js';
import { count, gigabytes, minutes, money, NONE, time } from '../parts/format';

type Usage = UsageView | null | undefined;

export function memoryUseWord(usage: Usage): string {
  if (usage?.memory_mib == null || usage.memory_all_mib === null) return NONE;
  return m.ui_n_of_max({
    n: gigabytes(usage.memory_mib),
    max: gigabytes(usage.memory_all_mib),
  });
}

export const heatWord = (usage: Usage): string =>
  usage?.celsius == null ? NONE : m.ui_celsius({ n: count(usage.celsius) });

const lasted = (idle: IdleView): string => minutes(Date.parse(idle.until) - Date.parse(idle.since));

/** Since when it does nothing, and what that has cost; "–" where it computes or nobody knows. */
export function idleWord(usage: Usage, now: number): string {
  if (!usage?.idle) return NONE;
  const { since, cost } = usage.idle;
  return m.ui_idle_since({
    at: time(since, now),
    time: lasted(usage.idle),
    cost: money(cost),
  });
}

/** What is paid for and does nothing, in a sentence. */
export function wasteWord(idle: IdleView, gpus: number): string {
  const words = {
    idle: count(idle.gpus),
    gpus: count(gpus),
    time: lasted(idle),
    cost: money(idle.cost),
  };
  return idle.gpus === 1 ? m.ui_idle_one(words) : m.ui_idle_many(words);
}
