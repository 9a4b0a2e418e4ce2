/** The window as a whole: where it stands, what it was told, and the intents it sends. */
import { getContext, setContext } from 'svelte';
import { asProblem, type Backend, type Theme } from '../backend';
import type { AccountSearch } from '../bindings/AccountSearch';
import type { CloudKind } from '../bindings/CloudKind';
import type { NoticeAction } from '../bindings/NoticeAction';
import type { Problem } from '../bindings/Problem';
import type { ReceiptView } from '../bindings/ReceiptView';
import { m } from '../paraglide/messages.js';
import { Access } from './access.svelte';
import type { Change } from './change.svelte';
import { Clock } from './clock.svelte';
import { Form } from './form.svelte';
import { Kubectl, type KubectlOver } from './kubectl.svelte';
import { Licences } from './licences.svelte';
import { Namespaces } from './namespaces.svelte';
import { Palette } from './palette.svelte';
import { Readers } from './readers.svelte';
import { Rules } from './rules.svelte';
import { Services } from './services.svelte';
import { type Deployment, Screen } from './screen.svelte';
import { Size } from './size.svelte';
import { Taking } from './taking.svelte';
import { Teardown } from './teardown.svelte';

/** Where the window stands. */
export type Page =
  | { at: 'start' }
  | { at: 'new' }
  | { at: 'review' }
  | { at: 'all' }
  | { at: 'deployment'; id: string }
  | { at: 'account' };

/** What may stand over the page. */
export type Over =
  | 'teardown'
  | 'palette'
  | 'access'
  | 'licences'
  | 'size'
  | 'rules'
  | 'readers'
  | 'services'
  | 'namespaces'
  | 'nodes'
  | KubectlOver;

/** A problem, or a word that something was done, until it is closed. */
export interface Toast {
  id: number;
  problem: Problem | null;
  done: string | null;
}

const SAID_MS = 6000;

export class App {
  page = $state.raw<Page>({ at: 'start' });
  theme = $state<Theme>('system');
  /** Whether news are told outside of the window. */
  notify = $state(true);
  toasts = $state.raw<readonly Toast[]>([]);
  teardown = $state.raw<Teardown | null>(null);
  size = $state.raw<Size | null>(null);
  rules = $state.raw<Rules | null>(null);
  /** What is under way, so that a button is not pressed twice. */
  busy = $state(false);
  /** What the one polite live region says. */
  live = $state('');
  receipts = $state.raw<Readonly<Record<string, ReceiptView>>>({});
  /** What else costs on the account, as it was read last. */
  search = $state.raw<AccountSearch | null>(null);
  searching = $state(false);
  /** Whether the token was taken over from linode-cli, where it still stands. */
  fromCli = $state(false);
  readonly backend: Backend;
  readonly clock = new Clock();
  readonly screen: Screen;
  readonly form: Form;
  readonly palette = new Palette();
  readonly kubectl: Kubectl;
  readonly access: Access;
  readonly licences: Licences;
  readonly readers: Readers;
  readonly services: Services;
  readonly namespaces: Namespaces;
  readonly taking: Taking;

  readonly current = $derived.by((): Deployment | null =>
    this.page.at === 'deployment' ? (this.screen.deployments.get(this.page.id) ?? null) : null,
  );

  readonly over = $derived.by((): Over | null => {
    if (this.palette.open) return 'palette';
    if (this.access.deployment !== null) return 'access';
    if (this.licences.open) return 'licences';
    if (this.size !== null) return 'size';
    if (this.rules !== null) return 'rules';
    if (this.readers.deployment !== null) return 'readers';
    if (this.services.deployment !== null) return 'services';
    if (this.namespaces.deployment !== null) return 'namespaces';
    if (this.taking.asked !== null) return 'nodes';
    return this.teardown ? 'teardown' : this.kubectl.over;
  });

  #toasts = 0;
  #landed = false;

  constructor(backend: Backend) {
    this.backend = backend;
    this.form = new Form(
      backend,
      (thrown) => {
        this.fail(thrown);
      },
      () => this.clock.now,
    );
    const host = {
      backend,
      fail: (thrown: unknown): void => {
        this.fail(thrown);
      },
      said: (done: string): void => {
        this.said(done);
      },
    };
    const intending = { ...host, intend: <T>(act: () => Promise<T>) => this.intend(act) };
    this.kubectl = new Kubectl(intending);
    this.taking = new Taking(intending);
    this.access = new Access(host);
    this.licences = new Licences(backend, host.fail);
    this.readers = new Readers(host);
    this.services = new Services(host);
    this.namespaces = new Namespaces(host);
    this.screen = new Screen(
      (hear) => {
        backend
          .subscribe((update) => {
            hear(update);
            this.#land();
          })
          .catch((thrown: unknown) => {
            this.fail(thrown);
          });
      },
      (row) => {
        this.clock.set(row.now, row.demo_speed);
      },
    );
  }

  start(): void {
    this.clock.start();
    this.screen.listen();
    this.backend
      .preferences()
      .then(({ theme, notify }) => {
        this.theme = theme;
        this.notify = notify;
      })
      .catch((thrown: unknown) => {
        this.fail(thrown);
      });
  }

  /** The first page follows from what there is. */
  #land(): void {
    if (this.#landed || !this.screen.ready) return;
    this.#landed = true;
    if (this.page.at !== 'start') return;
    const [first, second] = this.screen.alive;
    if (second) this.page = { at: 'all' };
    else if (first) this.page = { at: 'deployment', id: first.deployment.id };
  }

  go(page: Page): void {
    this.page = page;
    if (page.at === 'new') void this.form.open();
  }

  fail(thrown: unknown): void {
    this.#toasts += 1;
    const toast = { id: this.#toasts, problem: asProblem(thrown), done: null };
    this.toasts = [...this.toasts.slice(-3), toast];
  }

  said(done: string): void {
    this.#toasts += 1;
    const id = this.#toasts;
    this.toasts = [...this.toasts.slice(-3), { id, problem: null, done }];
    setTimeout(() => {
      this.close(id);
    }, SAID_MS);
  }

  close(id: number): void {
    this.toasts = this.toasts.filter((one) => one.id !== id);
  }

  /** Runs one intent at a time; a failure becomes a toast and `null`. */
  async intend<T>(act: () => Promise<T>): Promise<T | null> {
    if (this.busy) return null;
    this.busy = true;
    try {
      return await act();
    } catch (thrown) {
      this.fail(thrown);
      return null;
    } finally {
      this.busy = false;
    }
  }

  async openFile(): Promise<void> {
    if (await this.form.openFile()) this.page = { at: 'new' };
  }

  async deploy(): Promise<void> {
    const plan = this.form.review?.plan;
    if (!plan) return;
    const id = await this.intend(() => this.backend.deploy(plan, this.form.unknownPrice));
    if (id === null) return;
    this.form.clear();
    this.page = { at: 'deployment', id };
  }

  async saveKubeconfig(id: string): Promise<void> {
    const saved = await this.intend(() => this.backend.saveKubeconfig(id));
    if (saved) this.said(m.ui_kubeconfig_saved());
  }

  async saveCost(id: string): Promise<void> {
    if (await this.intend(() => this.backend.saveCost(id))) this.said(m.ui_cost_saved());
  }

  async saveDiagnostics(): Promise<void> {
    if (await this.intend(() => this.backend.saveDiagnostics()))
      this.said(m.ui_diagnostics_saved());
  }

  async saveReceipt(id: string): Promise<void> {
    if (await this.intend(() => this.backend.saveReceipt(id))) this.said(m.ui_receipt_saved());
  }

  async cancel(id: string): Promise<void> {
    await this.intend(() => this.backend.cancel(id));
  }

  async act(id: string, action: NoticeAction): Promise<void> {
    await this.intend(() => this.backend.act(id, action));
  }

  openTeardown(id: string): void {
    this.teardown = new Teardown(this.backend, id, (thrown) => {
      this.fail(thrown);
    });
    void this.teardown.ask();
  }

  /** Asks how large a cluster may be; it begins with the bounds that it has. */
  async openSize(id: string): Promise<void> {
    const pools = this.screen.deployments.get(id)?.row?.picture.pools;
    const pool = pools?.find((one) => one.role === 'gpu');
    if (!pool) return;
    this.size = new Size(this.backend, id, pool, (thrown) => {
      this.fail(thrown);
    });
    await this.size.ask();
  }

  /** Opens the firewall's rules; it begins with those that stand. */
  async openRules(id: string): Promise<void> {
    const rules = new Rules(this.backend, id, (thrown) => {
      this.fail(thrown);
    });
    this.rules = rules;
    await rules.open();
    if (!rules.read && this.rules === rules) this.rules = null;
  }

  async apply(change: Change): Promise<void> {
    const plan = change.review?.plan;
    if (!plan) return;
    const begun = await this.intend(() => this.backend.deploy(plan, false));
    if (begun === null) return;
    if (this.size === change) this.size = null;
    if (this.rules === change) this.rules = null;
  }

  async confirmTeardown(): Promise<void> {
    if (await this.teardown?.confirm()) this.teardown = null;
  }

  async readReceipt(id: string): Promise<void> {
    try {
      const receipt = await this.backend.receipt(id);
      this.receipts = { ...this.receipts, [id]: receipt };
    } catch (thrown) {
      this.fail(thrown);
    }
  }

  /** Looks at the whole account; what it finds is shown and never touched. */
  async searchAccount(): Promise<void> {
    if (this.searching) return;
    this.searching = true;
    try {
      this.search = await this.backend.searchAccount();
    } catch (thrown) {
      this.fail(thrown);
    } finally {
      this.searching = false;
    }
  }

  async useCloud(cloud: CloudKind): Promise<void> {
    await this.intend(() => this.backend.useCloud(cloud));
    // Another cloud has other regions and prices, and other things on it.
    this.form.clear();
    this.search = null;
  }

  /** The token of linode-cli; it never comes to the window. */
  async connectFromCli(): Promise<void> {
    const card = await this.intend(() => this.backend.connectFromCli());
    if (card === null) return;
    this.fromCli = true;
    this.said(m.ui_connected({ name: card.user }));
  }

  async setNotify(notify: boolean): Promise<void> {
    this.notify = notify;
    try {
      await this.backend.setNotify(notify);
    } catch (thrown) {
      this.fail(thrown);
    }
  }

  async setTheme(theme: Theme): Promise<void> {
    this.theme = theme;
    try {
      await this.backend.setTheme(theme);
    } catch (thrown) {
      this.fail(thrown);
    }
  }
}

const KEY = Symbol('app');

export function provideApp(app: App): App {
  return setContext(KEY, app);
}

export function getApp(): App {
  return getContext<App>(KEY);
}
