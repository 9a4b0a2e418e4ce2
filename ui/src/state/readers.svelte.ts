/** Read-only kubeconfigs of a deployment: who has one, and one given out or taken back. */
import type { Reader } from '../bindings/Reader';
import { m } from '../paraglide/messages.js';
import { Opened } from './opened.svelte';

/** For how many hours one can work. */
export const LENGTHS = [1, 8, 24, 168] as const;

export class Readers extends Opened<readonly Reader[]> {
  /** For whom the next one is; empty: a name is made up. */
  name = $state('');
  hours = $state<number>(8);

  override close(): void {
    super.close();
    this.name = '';
    this.hours = 8;
  }

  /** Asks where to; only then it is made. */
  async save(): Promise<void> {
    const name = this.name.trim();
    await this.work(async (deployment) => {
      const saved = await this.host.backend.saveReader(
        deployment,
        name === '' ? null : name,
        this.hours,
      );
      if (saved === null) return;
      this.name = '';
      this.host.said(m.ui_readers_saved({ name: saved.name }));
    });
  }

  async revoke(name: string): Promise<void> {
    await this.work(async (deployment) => {
      await this.host.backend.revokeReader(deployment, name);
      this.host.said(m.ui_readers_revoked({ name }));
    });
  }

  protected read(deployment: string): Promise<readonly Reader[]> {
    return this.host.backend.readers(deployment);
  }
}
