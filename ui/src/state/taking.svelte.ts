/** Nodes that are recycled or deleted, after saying what that costs and breaks. */
import type { Backend } from '../backend';
import type { NodesReview } from '../bindings/NodesReview';

/** What is to be done with which. */
export interface Asked {
  act: 'recycle' | 'delete';
  deployment: string;
  /** A node's id; for all of a pool its role. */
  node: string;
  label: string;
  title: string;
}

interface Host {
  backend: Backend;
  fail: (thrown: unknown) => void;
  intend: (act: () => Promise<void>) => Promise<unknown>;
}

export class Taking {
  asked = $state.raw<Asked | null>(null);
  /** `null`: it is being read. */
  review = $state.raw<NodesReview | null>(null);
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
  }

  async ask(asked: Asked): Promise<void> {
    this.asked = asked;
    this.review = null;
    const { backend, fail } = this.#host;
    const { act, deployment, node } = asked;
    try {
      const review = await (act === 'recycle'
        ? backend.reviewRecycle(deployment, node)
        : backend.reviewDeleteNode(deployment, node));
      if (this.asked === asked) this.review = review;
    } catch (thrown) {
      fail(thrown);
      if (this.asked === asked) this.close();
    }
  }

  async confirm(): Promise<void> {
    if (!this.asked) return;
    const { backend, intend } = this.#host;
    const { act, deployment, node } = this.asked;
    await intend(() =>
      act === 'recycle' ? backend.recycle(deployment, node) : backend.deleteNode(deployment, node),
    );
    this.close();
  }

  close(): void {
    this.asked = null;
    this.review = null;
  }
}
