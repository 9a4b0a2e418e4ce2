/** Where the keyboard stands in the picture, and which part a field marks. */
import { getContext, setContext } from 'svelte';

export class Walk {
  /** The one part in the tab order. */
  current = $state('cluster');
  marked = $state<string | null>(null);
}

const KEY = Symbol('walk');

export function provideWalk(): Walk {
  return setContext(KEY, new Walk());
}

export function getWalk(): Walk {
  return getContext<Walk>(KEY);
}
