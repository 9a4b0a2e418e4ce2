/** The teardown dialog: what goes, what stays unless ticked, and the typed name. */
import type { Backend } from '../backend';
import type { TeardownReview } from '../bindings/TeardownReview';

export class Teardown {
  readonly deployment: string;
  review = $state.raw<TeardownReview | null>(null);
  /** Ids of the volumes that go too. */
  ticked = $state.raw<readonly number[]>([]);
  typed = $state('');
  asking = $state(false);
  sent = $state(false);
  readonly confirmed = $derived(
    this.review !== null && !this.asking && this.typed.trim() === this.review.confirm,
  );

  readonly #backend: Backend;
  readonly #fail: (thrown: unknown) => void;
  #asked = 0;

  constructor(backend: Backend, deployment: string, fail: (thrown: unknown) => void) {
    this.#backend = backend;
    this.deployment = deployment;
    this.#fail = fail;
  }

  async ask(): Promise<void> {
    this.#asked += 1;
    const asked = this.#asked;
    this.asking = true;
    try {
      const review = await this.#backend.reviewTeardown(this.deployment, [...this.ticked]);
      if (asked !== this.#asked) return;
      this.review = review;
    } catch (thrown) {
      this.#fail(thrown);
    } finally {
      if (asked === this.#asked) this.asking = false;
    }
  }

  tick(volume: number, on: boolean): void {
    const others = this.ticked.filter((one) => one !== volume);
    this.ticked = on ? [...others, volume] : others;
    void this.ask();
  }

  /** Whether the teardown began. */
  async confirm(): Promise<boolean> {
    if (!this.confirmed) return false;
    this.sent = true;
    try {
      await this.#backend.tearDown(this.deployment, this.typed.trim(), [...this.ticked]);
      return true;
    } catch (thrown) {
      this.#fail(thrown);
      return false;
    } finally {
      this.sent = false;
    }
  }
}
