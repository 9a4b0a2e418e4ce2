/** How large a cluster that stands may be: what other bounds would cost, before they are applied. */
import type { Backend } from '../backend';
import type { Review } from '../bindings/Review';

const PAUSE_MS = 250;

export class Size {
  readonly deployment: string;
  least = $state(1);
  most = $state(1);
  /** What these bounds come to; `null`: not known yet. */
  review = $state.raw<Review | null>(null);
  asking = $state(false);
  readonly #backend: Backend;
  readonly #fail: (thrown: unknown) => void;
  #asked = 0;
  #pause: ReturnType<typeof setTimeout> | undefined;

  constructor(
    backend: Backend,
    deployment: string,
    bounds: { min: number; max: number },
    fail: (thrown: unknown) => void,
  ) {
    this.#backend = backend;
    this.deployment = deployment;
    this.least = bounds.min;
    this.most = bounds.max;
    this.#fail = fail;
  }

  /** Nobody is asked for each digit of a number. */
  set(bounds: { least?: number; most?: number }): void {
    this.least = bounds.least ?? this.least;
    this.most = bounds.most ?? this.most;
    this.asking = true;
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => void this.ask(), PAUSE_MS);
  }

  async ask(): Promise<void> {
    this.#asked += 1;
    const asked = this.#asked;
    this.asking = true;
    try {
      const review = await this.#backend.reviewSize(this.deployment, this.least, this.most);
      if (asked === this.#asked) this.review = review;
    } catch (thrown) {
      if (asked !== this.#asked) return;
      this.review = null;
      this.#fail(thrown);
    } finally {
      if (asked === this.#asked) this.asking = false;
    }
  }
}
