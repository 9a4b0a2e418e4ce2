/** What the program is built of: the list, and the text of the one that was chosen. */
import type { Backend } from '../backend';
import type { LicenceRow } from '../bindings/LicenceRow';

export class Licences {
  open = $state(false);
  /** `null`: not read yet. */
  rows = $state.raw<readonly LicenceRow[] | null>(null);
  chosen = $state.raw<LicenceRow | null>(null);
  /** Of the chosen one: `null` is that it brings none; `undefined`, that it is not read yet. */
  text = $state.raw<string | null | undefined>(undefined);
  /** How many crates and packages of other people there are; `null`: not known. */
  readonly others = $derived(this.rows && this.rows.filter((one) => one.origin !== 'own').length);
  readonly #backend: Backend;
  readonly #fail: (thrown: unknown) => void;

  constructor(backend: Backend, fail: (thrown: unknown) => void) {
    this.#backend = backend;
    this.#fail = fail;
  }

  /** Reads the list once: it is part of the program and never changes. */
  async read(): Promise<void> {
    if (this.rows !== null) return;
    try {
      this.rows = await this.#backend.licences();
    } catch (thrown) {
      this.close();
      this.#fail(thrown);
    }
  }

  show(): void {
    this.open = true;
    void this.read();
  }

  close(): void {
    this.open = false;
    this.back();
  }

  async choose(row: LicenceRow): Promise<void> {
    this.chosen = row;
    this.text = undefined;
    try {
      const text = await this.#backend.licenceText(row.origin, row.name, row.version);
      if (this.chosen === row) this.text = text;
    } catch (thrown) {
      this.back();
      this.#fail(thrown);
    }
  }

  /** To the list. */
  back(): void {
    this.chosen = null;
    this.text = undefined;
  }
}
