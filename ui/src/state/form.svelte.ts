/** The form of a new cluster: the Spec being edited and what the rules say to it. */
import type { Backend } from '../backend';
import type { Catalog } from '../bindings/Catalog';
import type { Diagnostic } from '../bindings/Diagnostic';
import type { Field } from '../bindings/Field';
import type { Review } from '../bindings/Review';
import type { Spec } from '../bindings/Spec';
import { RuleRows } from './rules.svelte';
import { corrected, ranges } from './spec';

const PAUSE_MS = 150;

export class Form {
  spec = $state.raw<Spec | null>(null);
  catalog = $state.raw<Catalog | null>(null);
  review = $state.raw<Review | null>(null);
  /** Whether an edit is not answered yet. */
  asking = $state(false);
  /** The file that was opened. */
  file = $state<string | null>(null);
  /** Problems of that file; one goes when its field is edited. */
  fileDiagnostics = $state.raw<Diagnostic[]>([]);
  /** The access list as it is being typed. */
  accessText = $state('');
  uiText = $state('');
  /** This computer's own addresses, once they were asked for here. */
  ownAddresses = $state.raw<readonly string[]>([]);
  askingAddress = $state(false);
  /** When nothing could be read for it, by the cloud's time. */
  unreadAt = $state<number | null>(null);
  /** Agreed to deploy at an unknown price. */
  unknownPrice = $state(false);

  /** Firewall rules as they are being typed. */
  readonly rules = new RuleRows(() => {
    this.edit({ firewall_rules: this.rules.rules }, 'firewall_rules');
  });

  readonly badRanges = $derived(ranges(this.accessText).bad);
  readonly badUiRanges = $derived(ranges(this.uiText).bad);
  /** All at once: the file's, then the rules' that the file's do not say already. */
  readonly diagnostics = $derived.by(() => {
    const said = this.fileDiagnostics.map((one) => `${one.field} ${one.what.code}`);
    const rules = (this.review?.diagnostics ?? []).filter(
      (one) => !said.includes(`${one.field} ${one.what.code}`),
    );
    return [...this.fileDiagnostics, ...rules];
  });
  readonly errors = $derived(
    this.diagnostics.filter((one) => one.severity === 'error').length +
      this.badRanges.length +
      this.badUiRanges.length +
      this.rules.bad.length,
  );
  /** Whether the next page may open. */
  readonly reviewable = $derived(
    this.errors === 0 && !this.asking && (this.review?.plan ?? null) !== null,
  );

  readonly #backend: Backend;
  readonly #fail: (thrown: unknown) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked = 0;

  readonly #now: () => number;

  constructor(
    backend: Backend,
    fail: (thrown: unknown) => void,
    now: () => number = () => Date.now(),
  ) {
    this.#backend = backend;
    this.#fail = fail;
    this.#now = now;
  }

  /** Reads the defaults and the catalog, when that was not done yet. */
  async open(): Promise<void> {
    if (this.spec === null) {
      try {
        this.#take(await this.#backend.startForm());
      } catch (thrown) {
        this.#fail(thrown);
        return;
      }
    } else {
      void this.ask();
    }
    await this.readCatalog();
  }

  async readCatalog(): Promise<void> {
    try {
      this.catalog = await this.#backend.catalog();
      if (this.review === null || this.review.quote.priced === null) void this.ask();
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  /** Back to the defaults, for the next cluster. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#asked += 1;
    this.spec = null;
    this.catalog = null;
    this.review = null;
    this.file = null;
    this.fileDiagnostics = [];
    this.ownAddresses = [];
    this.unknownPrice = false;
    this.unreadAt = null;
    this.asking = false;
  }

  async openFile(): Promise<boolean> {
    try {
      const opened = await this.#backend.openTfvars();
      if (opened === null) return false;
      this.clear();
      this.file = opened.file;
      this.fileDiagnostics = opened.diagnostics;
      this.#take(opened.spec);
      await this.readCatalog();
      return true;
    } catch (thrown) {
      this.#fail(thrown);
      return false;
    }
  }

  #take(spec: Spec): void {
    this.spec = spec;
    this.accessText = (spec.kubectl_access ?? []).join(', ');
    this.uiText = (spec.ui_access ?? []).join(', ');
    this.rules.take(spec.firewall_rules);
    void this.ask();
  }

  /** Changes the Spec and asks what that means, a moment after the last key. */
  edit(patch: Partial<Spec>, ...fields: Field[]): void {
    if (this.spec === null) return;
    this.spec = { ...this.spec, ...patch };
    if (fields.length > 0) {
      this.fileDiagnostics = this.fileDiagnostics.filter((one) => !fields.includes(one.field));
    }
    this.asking = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.ask(), PAUSE_MS);
  }

  /** Asks at once; only the answer to the last question counts. */
  async ask(): Promise<void> {
    if (this.spec === null) return;
    clearTimeout(this.#timer);
    this.#asked += 1;
    const asked = this.#asked;
    this.asking = true;
    try {
      const review = await this.#backend.review(this.spec);
      if (asked !== this.#asked) return;
      this.review = review;
      this.unreadAt = null;
      this.asking = false;
    } catch (thrown) {
      if (asked !== this.#asked) return;
      this.unreadAt = this.#now();
      this.asking = false;
      this.#fail(thrown);
    }
  }

  /** From the start; the autoscaler's bounds follow where they must. */
  setCount(count: number): void {
    if (this.spec === null) return;
    const gpu_min = Math.min(this.spec.gpu_min, count);
    this.edit({ gpu_count: count, gpu_min: Math.max(gpu_min, Math.min(1, count)) }, 'gpu_count');
  }

  /** Who may connect with kubectl; browsers follow unless they were given apart. */
  setAccess(text: string): void {
    if (this.spec === null) return;
    const same =
      this.spec.ui_access === null || this.uiText === '' || this.uiText === this.accessText;
    this.accessText = text;
    const { good } = ranges(text);
    const access = good.length > 0 ? good : null;
    if (same) {
      this.uiText = text;
      this.edit({ kubectl_access: access, ui_access: access }, 'kubectl_access', 'ui_access');
    } else {
      this.edit({ kubectl_access: access }, 'kubectl_access');
    }
  }

  setUiAccess(text: string): void {
    this.uiText = text;
    const { good } = ranges(text);
    this.edit({ ui_access: good.length > 0 ? good : null }, 'ui_access');
  }

  async useMyAddress(): Promise<void> {
    this.askingAddress = true;
    try {
      this.ownAddresses = await this.#backend.myAddresses();
      this.setAccess(this.ownAddresses.join(', '));
    } catch (thrown) {
      this.#fail(thrown);
    } finally {
      this.askingAddress = false;
    }
  }

  correctable(one: Diagnostic): boolean {
    return (
      this.spec !== null &&
      one.correction !== null &&
      corrected(this.spec, one.field, one.correction) !== null
    );
  }

  correct(one: Diagnostic): void {
    if (this.spec === null || one.correction === null) return;
    const spec = corrected(this.spec, one.field, one.correction);
    if (spec === null) return;
    this.edit(spec, one.field);
    this.accessText = (spec.kubectl_access ?? []).join(', ');
    this.uiText = (spec.ui_access ?? []).join(', ');
  }

  /** What is said at one field. */
  at(...fields: Field[]): Diagnostic[] {
    return this.diagnostics.filter((one) => fields.includes(one.field));
  }
}
