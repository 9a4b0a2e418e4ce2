/** Whether the window is too narrow for a column at the right; follows its size. */
import { MediaQuery } from 'svelte/reactivity';

const query = new MediaQuery('max-width: 1199px');

export const narrow = {
  get now(): boolean {
    return query.current;
  },
};
