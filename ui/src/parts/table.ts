/** Sorting, filtering and cutting a table to what is on view: pure. */

/** What a column orders by; `null`: not known, which stands last either way. */
export type Ordered = string | number | null;

export interface Order {
  by: string;
  down: boolean;
}

// One for all comparisons: to make it takes longer than to compare.
const words = new Intl.Collator('en');

export function sorted<T>(rows: readonly T[], by: (row: T) => Ordered, down: boolean): T[] {
  const compare = (a: Ordered, b: Ordered): number => {
    if (typeof a === 'number' && typeof b === 'number') return a - b;
    return words.compare(String(a), String(b));
  };
  return [...rows].sort((a, b) => {
    const [x, y] = [by(a), by(b)];
    if (x === null || y === null) return Number(x === null) - Number(y === null);
    return down ? compare(y, x) : compare(x, y);
  });
}

/** The rows in whose words every typed word is found. */
export function filtered<T>(rows: readonly T[], text: (row: T) => string, typed: string): T[] {
  const words = typed.trim().toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [...rows];
  return rows.filter((row) => {
    const all = text(row).toLowerCase();
    return words.every((word) => all.includes(word));
  });
}

/** From so many rows on only those on view are drawn. */
export const VIRTUAL_FROM = 50;

export interface Cut {
  from: number;
  to: number;
}

/** Which rows are drawn: those on view and a few around them, so that scrolling shows no gaps. */
export function cut(rows: number, row: number, scrolled: number, height: number): Cut {
  if (rows < VIRTUAL_FROM) return { from: 0, to: rows };
  const AROUND = 8;
  const first = Math.floor(scrolled / row) - AROUND;
  const last = Math.ceil((scrolled + height) / row) + AROUND;
  const from = Math.max(0, Math.min(first, rows - 1));
  return { from, to: Math.max(from + 1, Math.min(rows, last)) };
}
