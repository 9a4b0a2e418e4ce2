/** Services of a deployment: those that can be opened in the browser, and those that are. */
import type { Backend } from '../backend';
import type { OpenView } from '../bindings/OpenView';
import { m } from '../paraglide/messages.js';

/** What the window gives to it. */
interface Host {
  backend: Backend;
  fail: (thrown: unknown) => void;
  said: (done: string) => void;
}

export class Services {
  /** The deployment whose Services are shown; `null`: none. */
  deployment = $state<string | null>(null);
  /** `null`: not read yet. */
  view = $state.raw<OpenView | null>(null);
  working = $state(false);
  readonly #host: Host;
  #opened = 0;

  constructor(host: Host) {
    this.#host = host;
  }

  async show(deployment: string): Promise<void> {
    this.close();
    this.deployment = deployment;
    await this.#read();
  }

  close(): void {
    this.#opened += 1;
    this.deployment = null;
    this.view = null;
    this.working = false;
  }

  /** Answers when the way to it stands; the system's browser shows it. */
  async open(service: string, port: number): Promise<void> {
    await this.#work(async (deployment) => {
      const { url } = await this.#host.backend.openService(deployment, service, port);
      this.#host.said(m.ui_open_said({ service, url }));
    });
  }

  async shut(local: number): Promise<void> {
    await this.#work((deployment) => this.#host.backend.closeService(deployment, local));
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
      const view = await this.#host.backend.services(deployment);
      if (opened === this.#opened) this.view = view;
    } catch (thrown) {
      if (opened === this.#opened) this.close();
      this.#host.fail(thrown);
    }
  }
}
