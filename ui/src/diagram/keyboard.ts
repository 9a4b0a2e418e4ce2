/** Walking the picture with the keyboard: pure. */

/** A part of the picture as the keyboard sees it, in the order of the tree. */
export interface Stop {
  id: string;
  /** What it is in. */
  parent: string | null;
  /** What type-ahead looks at. */
  name: string;
}

/** Where an edge of the picture leads. */
export type Edges = readonly (readonly [from: string, to: string])[];

/** Where a key leads from a part; `null`: nowhere, and the key is not ours. */
export function move(
  stops: readonly Stop[],
  edges: Edges,
  from: string,
  key: string,
): string | null {
  const here = stops.findIndex((one) => one.id === from);
  const at = stops[here];
  if (!at) return stops[0]?.id ?? null;
  switch (key) {
    case 'ArrowDown':
      return stops[here + 1]?.id ?? null;
    case 'ArrowUp':
      return stops[here - 1]?.id ?? null;
    case 'ArrowRight': {
      const child = stops.find((one) => one.parent === from)?.id;
      const along = edges.find(([start]) => start === from)?.[1];
      return child ?? (stops.some((one) => one.id === along) ? (along ?? null) : null);
    }
    case 'ArrowLeft': {
      const back = edges.find(([, end]) => end === from)?.[0];
      return at.parent ?? (stops.some((one) => one.id === back) ? (back ?? null) : null);
    }
    case 'Home':
      return stops[0]?.id ?? null;
    case 'End':
      return stops[stops.length - 1]?.id ?? null;
    default:
      return null;
  }
}

/** The next part after `from` whose name begins with what was typed. */
export function typed(stops: readonly Stop[], from: string, text: string): string | null {
  const here = stops.findIndex((one) => one.id === from);
  // A longer text may still mean the part that one stands on.
  const start = text.length > 1 ? here : here + 1;
  const turned = [...stops.slice(start), ...stops.slice(0, start)];
  const wanted = text.toLowerCase();
  return turned.find((one) => one.name.toLowerCase().startsWith(wanted))?.id ?? null;
}
