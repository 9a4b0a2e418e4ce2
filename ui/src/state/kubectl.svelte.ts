/** A kubeconfig beyond its file: copied, looked at, put into the file that kubectl reads, made anew. */
import type { Backend } from '../backend';
import type { MergePreview } from '../bindings/MergePreview';
import { m } from '../paraglide/messages.js';

/** What the window gives to it. */
interface Host {
  backend: Backend;
  fail: (thrown: unknown) => void;
  said: (done: string) => void;
  intend: <T>(act: () => Promise<T>) => Promise<T | null>;
}

/** Which of its dialogs stands over the page. */
export type KubectlOver = 'merge' | 'kubeconfig' | 'rotate';

export class Kubectl {
  over = $state<KubectlOver | null>(null);
  /** The deployment that it is about. */
  deployment = $state('');
  /** What a merge would change. */
  preview = $state.raw<MergePreview | null>(null);
  /** Whether it becomes the current context. */
  current = $state(false);
  asking = $state(false);
  /** A kubeconfig with its secrets masked. */
  masked = $state<string | null>(null);
  readonly #host: Host;
  #asked = 0;

  constructor(host: Host) {
    this.#host = host;
  }

  #open(over: KubectlOver, deployment: string): void {
    this.over = over;
    this.deployment = deployment;
  }

  close(): void {
    this.#asked += 1;
    this.over = null;
    this.preview = null;
    this.masked = null;
    this.asking = false;
  }

  async copy(deployment: string): Promise<void> {
    const { backend, intend, said } = this.#host;
    const copied = await intend(() => backend.copyKubeconfig(deployment).then(() => true));
    if (copied) said(m.ui_kubeconfig_copied());
  }

  async show(deployment: string): Promise<void> {
    this.#open('kubeconfig', deployment);
    try {
      this.masked = await this.#host.backend.showKubeconfig(deployment);
    } catch (thrown) {
      this.close();
      this.#host.fail(thrown);
    }
  }

  async askMerge(deployment: string): Promise<void> {
    this.current = false;
    this.#open('merge', deployment);
    await this.ask();
  }

  /** Only the answer to the last question counts; a file that is left alone has nothing to show. */
  async ask(): Promise<void> {
    this.#asked += 1;
    const asked = this.#asked;
    this.asking = true;
    try {
      const preview = await this.#host.backend.previewMerge(this.deployment, this.current);
      if (asked !== this.#asked) return;
      this.preview = preview;
      this.asking = false;
    } catch (thrown) {
      if (asked !== this.#asked) return;
      this.close();
      this.#host.fail(thrown);
    }
  }

  async merge(): Promise<void> {
    const { backend, intend, said } = this.#host;
    const seen = this.preview?.seen;
    if (seen === undefined || this.asking) return;
    const merged = await intend(() => backend.mergeKubeconfig(this.deployment, this.current, seen));
    this.close();
    if (merged) said(m.ui_kubeconfig_merged({ context: merged.context }));
  }

  async unmerge(deployment: string): Promise<void> {
    const { backend, intend, said } = this.#host;
    const done = await intend(() => backend.unmergeKubeconfig(deployment).then(() => true));
    if (done) said(m.ui_kubeconfig_unmerged());
  }

  askRotate(deployment: string): void {
    this.#open('rotate', deployment);
  }

  async rotate(): Promise<void> {
    const { backend, intend, said } = this.#host;
    const { deployment } = this;
    const done = await intend(() => backend.rotateKubeconfig(deployment).then(() => true));
    this.close();
    if (done) said(m.ui_kubeconfig_rotated());
  }
}
