/** The command palette: what the page on view offers, and what always can be done. */
import { SvelteMap } from 'svelte/reactivity';
import { type Command, found } from './commands';

/** More would not be read; typing on narrows it. */
const MOST = 60;

export class Palette {
  open = $state(false);
  typed = $state('');
  /** Which of the found ones the keyboard stands on. */
  at = $state(0);
  readonly #offers = new SvelteMap<symbol, () => Command[]>();
  readonly all = $derived([...this.#offers.values()].flatMap((make) => make()));
  readonly found = $derived(found(this.all, this.typed));
  readonly shown = $derived(this.found.slice(0, MOST));
  readonly current = $derived(this.shown[Math.min(this.at, this.shown.length - 1)] ?? null);

  /** Offers commands until the answer is called, as an effect does when its component goes. */
  offer(make: () => Command[]): () => void {
    const key = Symbol('offer');
    this.#offers.set(key, make);
    return () => {
      this.#offers.delete(key);
    };
  }

  show(): void {
    this.typed = '';
    this.at = 0;
    this.open = true;
  }

  close(): void {
    this.open = false;
  }

  type(text: string): void {
    this.typed = text;
    this.at = 0;
  }

  /** Whether a key was the palette's. */
  key(key: string): boolean {
    const last = this.shown.length - 1;
    switch (key) {
      case 'ArrowDown':
        this.at = this.at >= last ? 0 : this.at + 1;
        return true;
      case 'ArrowUp':
        this.at = this.at <= 0 ? Math.max(0, last) : this.at - 1;
        return true;
      case 'Home':
        this.at = 0;
        return true;
      case 'End':
        this.at = Math.max(0, last);
        return true;
      case 'Enter':
        if (this.current) this.run(this.current);
        return true;
      default:
        return false;
    }
  }

  run(command: Command): void {
    this.close();
    command.run();
  }
}
