/** Services of a deployment: those that can be opened in the browser, and those that are. */
import type { OpenView } from '../bindings/OpenView';
import { m } from '../paraglide/messages.js';
import { Opened } from './opened.svelte';

export class Services extends Opened<OpenView> {
  /** Answers when the way to it stands; the system's browser shows it. */
  async open(service: string, port: number): Promise<void> {
    await this.work(async (deployment) => {
      const { url } = await this.host.backend.openService(deployment, service, port);
      this.host.said(m.ui_open_said({ service, url }));
    });
  }

  async shut(local: number): Promise<void> {
    await this.work((deployment) => this.host.backend.closeService(deployment, local));
  }

  protected read(deployment: string): Promise<OpenView> {
    return this.host.backend.services(deployment);
  }
}
