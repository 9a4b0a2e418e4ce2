/** The access list of a deployment that stands, being edited; and how the own address is asked for. */
import { asProblem, type Backend } from '../backend';
import type { AccessEnd } from '../bindings/AccessEnd';
import type { AddressAsking } from '../bindings/AddressAsking';
import type { Diagnostic } from '../bindings/Diagnostic';
import type { Problem } from '../bindings/Problem';
import { m } from '../paraglide/messages.js';

/** What the window gives to it. */
interface Host {
  backend: Backend;
  fail: (thrown: unknown) => void;
  said: (done: string) => void;
}

/** An entry, and what saving would do to it. */
export interface Entry {
  cidr: string;
  change: 'stays' | 'new' | 'goes';
}

export class Access {
  /** The deployment whose list is edited; `null`: none. */
  deployment = $state<string | null>(null);
  /** Whether the list was read. */
  read = $state(false);
  /** Whether the cloud enforces a list at all. */
  enabled = $state(true);
  /** As it stands, and as it is wished. */
  old = $state.raw<readonly string[]>([]);
  wished = $state.raw<readonly string[]>([]);
  typed = $state('');
  /** What is wrong with what was typed, and with the list as it is wished. */
  wrong = $state.raw<readonly Diagnostic[]>([]);
  notes = $state.raw<readonly Diagnostic[]>([]);
  /** This computer's own addresses, once they were asked for here. */
  mine = $state.raw<readonly string[]>([]);
  askingMine = $state(false);
  checking = $state(false);
  saving = $state(false);
  /** The own address would go: what the engine says to that. */
  question = $state.raw<Problem | null>(null);
  /** The Service whose load balancer is being guarded. */
  guarding = $state<string | null>(null);
  /** Whether the firewall before the nodes is being handed over or taken back. */
  handing = $state(false);
  /** Who is told when the own address is asked for. */
  asking = $state.raw<AddressAsking | null>(null);

  readonly entries = $derived.by((): Entry[] => [
    ...this.old.map((cidr): Entry => ({
      cidr,
      change: this.wished.includes(cidr) ? 'stays' : 'goes',
    })),
    ...this.wished
      .filter((cidr) => !this.old.includes(cidr))
      .map((cidr): Entry => ({ cidr, change: 'new' })),
  ]);
  readonly changed = $derived(!this.enabled || this.entries.some((one) => one.change !== 'stays'));
  readonly savable = $derived(
    this.read &&
      this.changed &&
      !this.checking &&
      !this.saving &&
      this.typed.trim() === '' &&
      this.notes.every((one) => one.severity !== 'error'),
  );
  readonly #host: Host;
  #opened = 0;

  constructor(host: Host) {
    this.#host = host;
  }

  /** Reads the list from the cloud. `kept`: what it held before it was switched off. */
  async edit(deployment: string, kept: readonly string[]): Promise<void> {
    this.close();
    const opened = this.#opened;
    this.deployment = deployment;
    try {
      const list = await this.#host.backend.accessList(deployment);
      if (opened !== this.#opened) return;
      this.enabled = list.enabled;
      this.old = list.enabled ? list.addresses : kept;
      this.read = true;
      await this.#wish(this.old);
    } catch (thrown) {
      if (opened !== this.#opened) return;
      this.close();
      this.#host.fail(thrown);
    }
  }

  /** What is under way goes on, and its end is told. */
  close(): void {
    this.#opened += 1;
    this.deployment = null;
    this.read = false;
    this.enabled = true;
    this.old = [];
    this.wished = [];
    this.typed = '';
    this.wrong = [];
    this.notes = [];
    this.question = null;
    this.askingMine = false;
    this.checking = false;
    this.saving = false;
  }

  type(text: string): void {
    this.typed = text;
    this.wrong = [];
  }

  /** Takes over what was typed, unless it is no network. */
  async add(): Promise<void> {
    const text = this.typed.trim();
    const opened = this.#opened;
    if (text === '' || this.checking) return;
    const found = await this.#check([text]);
    if (opened !== this.#opened || found === null) return;
    this.wrong = found.filter((one) => one.severity === 'error');
    if (this.wrong.length > 0) return;
    this.typed = '';
    await this.put(text);
  }

  async put(...cidrs: string[]): Promise<void> {
    const more = cidrs.filter((cidr) => !this.wished.includes(cidr));
    if (more.length > 0) await this.#wish([...this.wished, ...more]);
  }

  async remove(cidr: string): Promise<void> {
    await this.#wish(this.wished.filter((one) => one !== cidr));
  }

  /** Asks for the own address, which tells a service; the window named it. */
  async addMine(): Promise<void> {
    const opened = this.#opened;
    this.askingMine = true;
    try {
      const mine = await this.#host.backend.myAddresses();
      this.mine = mine;
      if (opened === this.#opened) await this.put(...mine);
    } catch (thrown) {
      this.#host.fail(thrown);
    } finally {
      if (opened === this.#opened) this.askingMine = false;
    }
  }

  /** Writes what changed; "enforced" is said when the engine says so. */
  async save(withoutMe = false): Promise<void> {
    const { deployment } = this;
    if (deployment === null || !this.savable) return;
    const of = (change: Entry['change']): string[] =>
      this.entries.filter((one) => one.change === change).map((one) => one.cidr);
    // What a list that is off held before is named again, so that it holds that and no less.
    const add = this.enabled ? of('new') : [...this.wished];
    const opened = this.#opened;
    this.saving = true;
    this.question = null;
    try {
      const end = await this.#host.backend.editAccess(deployment, add, of('goes'), withoutMe);
      this.#tell(end);
      if (opened === this.#opened) this.close();
    } catch (thrown) {
      const problem = asProblem(thrown);
      if (opened === this.#opened) {
        this.saving = false;
        if (problem.code === 'access_removes_you') {
          this.question = problem;
          return;
        }
      }
      this.#host.fail(problem);
    }
  }

  /** Lets only the list for web UIs through a load balancer. */
  async guard(deployment: string, service: string): Promise<void> {
    if (this.guarding !== null) return;
    this.guarding = service;
    try {
      const end = await this.#host.backend.guardBalancer(deployment, service);
      if (end === 'stopped') this.#tell(end, 'ui_balancer_stopped');
      else this.#host.said(m.ui_balancer_guarded({ service }));
    } catch (thrown) {
      this.#host.fail(thrown);
    } finally {
      this.guarding = null;
    }
  }

  /** Hands the firewall before the nodes over to the controller in the cluster, or takes it back. */
  async keep(deployment: string, inside: boolean): Promise<void> {
    if (this.handing) return;
    this.handing = true;
    try {
      const end = await this.#host.backend.setController(deployment, inside);
      if (end === 'stopped') this.#tell(end, 'ui_keeper_stopped');
      else this.#host.said(inside ? m.ui_keeper_inside_done() : m.ui_keeper_app_done());
    } catch (thrown) {
      this.#host.fail(thrown);
    } finally {
      this.handing = false;
    }
  }

  async readAsking(): Promise<void> {
    try {
      this.asking = await this.#host.backend.addressAsking();
    } catch (thrown) {
      this.#host.fail(thrown);
    }
  }

  /** Whether the own address is asked for without a click from now on. */
  async setAlways(always: boolean): Promise<void> {
    try {
      await this.#host.backend.alwaysAskAddress(always);
    } catch (thrown) {
      this.#host.fail(thrown);
    }
    await this.readAsking();
  }

  #tell(end: AccessEnd, stopped = 'ui_access_stopped'): void {
    const { said, fail } = this.#host;
    switch (end) {
      case 'nothing':
        said(m.ui_access_same());
        return;
      case 'enforced':
        said(m.ui_access_enforced());
        return;
      case 'beside':
        said(m.ui_access_beside());
        return;
      case 'stopped': {
        const text = (code: string): Problem['what'] => ({ code, params: {} });
        const [what, fix] = [text(stopped), text('ui_access_stopped_fix')];
        fail({ code: what.code, what, why: null, fix, detail: null } satisfies Problem);
        return;
      }
    }
  }

  async #wish(wished: readonly string[]): Promise<void> {
    const opened = this.#opened;
    this.wished = wished;
    this.question = null;
    const found = await this.#check(wished);
    if (opened === this.#opened && found !== null && this.wished === wished) this.notes = found;
  }

  async #check(list: readonly string[]): Promise<Diagnostic[] | null> {
    const opened = this.#opened;
    this.checking = true;
    try {
      return await this.#host.backend.checkAccess([...list]);
    } catch (thrown) {
      this.#host.fail(thrown);
      return null;
    } finally {
      if (opened === this.#opened) this.checking = false;
    }
  }
}
