/** How large a cluster that stands may be. */
import type { Backend } from '../backend';
import type { Review } from '../bindings/Review';
import { Change } from './change.svelte';

export class Size extends Change {
  least = $state(1);
  most = $state(1);
  readonly #backend: Backend;

  constructor(
    backend: Backend,
    deployment: string,
    bounds: { min: number; max: number },
    fail: (thrown: unknown) => void,
  ) {
    super(deployment, fail);
    this.#backend = backend;
    this.least = bounds.min;
    this.most = bounds.max;
  }

  set(bounds: { least?: number; most?: number }): void {
    this.least = bounds.least ?? this.least;
    this.most = bounds.most ?? this.most;
    this.later();
  }

  protected question(): Promise<Review> {
    return this.#backend.reviewSize(this.deployment, this.least, this.most);
  }
}
