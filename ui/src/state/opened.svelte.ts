/** What of a deployment is read when it is opened, and again after each change of it. */
import type { Backend } from '../backend';

/** What the window gives to it. */
export interface Host {
  backend: Backend;
  fail: (thrown: unknown) => void;
  said: (done: string) => void;
}

export abstract class Opened<Read> {
  /** The deployment whose it is; `null`: closed. */
  deployment = $state<string | null>(null);
  /** `null`: not read yet. */
  seen = $state.raw<Read | null>(null);
  working = $state(false);
  protected readonly host: Host;
  #opened = 0;

  constructor(host: Host) {
    this.host = host;
  }

  protected abstract read(deployment: string): Promise<Read>;

  async show(deployment: string): Promise<void> {
    this.close();
    this.deployment = deployment;
    await this.#read();
  }

  close(): void {
    this.#opened += 1;
    this.deployment = null;
    this.seen = null;
    this.working = false;
  }

  /** One change at a time. */
  protected async work(act: (deployment: string) => Promise<void>): Promise<void> {
    const { deployment } = this;
    if (deployment === null || this.working) return;
    const opened = this.#opened;
    this.working = true;
    try {
      await act(deployment);
      if (opened === this.#opened) await this.#read();
    } catch (thrown) {
      this.host.fail(thrown);
    } finally {
      if (opened === this.#opened) this.working = false;
    }
  }

  async #read(): Promise<void> {
    const { deployment } = this;
    const opened = this.#opened;
    if (deployment === null) return;
    try {
      const seen = await this.read(deployment);
      if (opened === this.#opened) this.seen = seen;
    } catch (thrown) {
      if (opened === this.#opened) this.close();
      this.host.fail(thrown);
    }
  }
}
