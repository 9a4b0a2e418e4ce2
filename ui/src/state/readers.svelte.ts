/** Read-only kubeconfigs of a deployment: who has one, and one given out or taken back. */
import type { Backend } from '../backend';
import type { Reader } from '../bindings/Reader';
import { m } from '../paraglide/messages.js';

/** What the window gives to it. */
interface Host {
  backend: Backend;
  fail: (thrown: unknown) => void;
  said: (done: string) => void;
}

/** For how many hours one can work. */
export const LENGTHS = [1, 8, 24, 168] as const;

export class Readers {
  /** The deployment whose readers are shown; `null`: none. */
  deployment = $state<string | null>(null);
  /** `null`: not read yet. */
  list = $state.raw<readonly Reader[] | null>(null);
  /** For whom the next one is; empty: a name is made up. */
  name = $state('');
  hours = $state<number>(8);
  working = $state(false);
  readonly #host: Host;
  #opened = 0;

  constructor(host: Host) {
    this.#host = host;
  }

  async open(deployment: string): Promise<void> {
    this.close();
    this.deployment = deployment;
    await this.#read();
  }

  close(): void {
    this.#opened += 1;
    this.deployment = null;
    this.list = null;
    this.name = '';
    this.hours = 8;
    this.working = false;
  }

  /** Asks where to; only then it is made. */
  async save(): Promise<void> {
    const name = this.name.trim();
    await this.#work(async (deployment) => {
      const saved = await this.#host.backend.saveReader(
        deployment,
        name === '' ? null : name,
        this.hours,
      );
      if (saved === null) return;
      this.name = '';
      this.#host.said(m.ui_readers_saved({ name: saved.name }));
    });
  }

  async revoke(name: string): Promise<void> {
    await this.#work(async (deployment) => {
      await this.#host.backend.revokeReader(deployment, name);
      this.#host.said(m.ui_readers_revoked({ name }));
    });
  }

  async #work(act: (deployment: string) => Promise<void>): Promise<void> {
    const { deployment } = this;
    if (deployment === null || this.working) return;
    const opened = this.#opened;
    this.working = true;
    try {
      await act(deployment);
      if (opened === this.#opened) await this.#read();
    } catch (thrown) {
      this.#host.fail(thrown);
    } finally {
      if (opened === this.#opened) this.working = false;
    }
  }

  async #read(): Promise<void> {
    const { deployment } = this;
    const opened = this.#opened;
    if (deployment === null) return;
    try {
      const list = await this.#host.backend.readers(deployment);
      if (opened === this.#opened) this.list = list;
    } catch (thrown) {
      if (opened === this.#opened) this.close();
      this.#host.fail(thrown);
    }
  }
}
