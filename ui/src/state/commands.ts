/** Finding a command by what is typed: pure. */

/** One thing that can be done, or a place to go to. */
export interface Command {
  id: string;
  group: Group;
  label: string;
  /** A quieter word beside it. */
  hint?: string;
  /** What else finds it. */
  also?: string;
  run: () => void;
}

/** In the order in which they stand. */
export const GROUPS = ['here', 'clusters', 'do', 'window'] as const;
export type Group = (typeof GROUPS)[number];

/** How well a text fits what was typed; 0: not at all. Every word of it must begin a word of the text. */
export function fit(command: Command, typed: string): number {
  const asked = typed.trim().toLowerCase();
  if (asked === '') return 1;
  const label = command.label.toLowerCase();
  if (label.startsWith(asked)) return 4;
  const begins = (text: string, word: string): boolean =>
    text.split(/[^\p{L}\p{N}]+/u).some((one) => one.startsWith(word));
  const words = asked.split(/\s+/);
  if (words.every((word) => begins(label, word))) return 3;
  const all = `${label} ${command.hint ?? ''} ${command.also ?? ''}`.toLowerCase();
  if (words.every((word) => begins(all, word))) return 2;
  return words.every((word) => all.includes(word)) ? 1 : 0;
}

/** What fits, the best first; among equals in the order of the groups and as they were given. */
export function found(commands: readonly Command[], typed: string): Command[] {
  const rank = (one: Command): number => GROUPS.indexOf(one.group);
  return commands
    .map((command, place) => ({ command, place, score: fit(command, typed) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || rank(a.command) - rank(b.command) || a.place - b.place)
    .map(({ command }) => command);
}
