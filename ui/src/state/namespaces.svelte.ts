/** Namespaces of a deployment: which are shut off, and one shut off or opened again. */
import type { NamespaceRow } from '../bindings/NamespaceRow';
import { m } from '../paraglide/messages.js';
import { Opened } from './opened.svelte';

export class Namespaces extends Opened<readonly NamespaceRow[]> {
  async set(name: string, shut: boolean): Promise<void> {
    await this.work(async (deployment) => {
      await this.host.backend.setPolicy(deployment, name, shut);
      this.host.said(shut ? m.ui_namespace_shut({ name }) : m.ui_namespace_opened({ name }));
    });
  }

  protected read(deployment: string): Promise<readonly NamespaceRow[]> {
    return this.host.backend.namespaces(deployment);
  }
}
