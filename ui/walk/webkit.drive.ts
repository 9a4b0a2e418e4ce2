/** Every scene in WebKitGTK, the engine of the real window: Debian's MiniBrowser, by its driver. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@playwright/test';
import { SCENES } from '../src/backend/scenes';
import { small, unreadable } from './checks';
import { reply } from './site';

const BROWSER = '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser';
const SHOTS = new URL('../../target/ui-webkit', import.meta.url).pathname;
mkdirSync(SHOTS, { recursive: true });
/** MiniBrowser has a bar above the page. */
const SIZE = { width: 1360, height: 890 };
const LOADED_MS_MAX = 30_000;

async function listening(server: Server): Promise<number> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return (server.address() as AddressInfo).port;
}

/** A browser that is driven. */
class Browser {
  private constructor(
    private readonly driver: ChildProcess,
    private readonly session: string,
  ) {}

  static async open(): Promise<Browser> {
    const found = createServer();
    const port = await listening(found);
    await new Promise((done) => found.close(done));
    const driver = spawn('WebKitWebDriver', [`--port=${String(port)}`], { stdio: 'ignore' });
    const driving = `http://127.0.0.1:${String(port)}`;
    for (let tried = 0; tried < 200; tried += 1) {
      const up = await fetch(`${driving}/status`).then(
        () => true,
        () => false,
      );
      if (up) break;
      await new Promise((done) => setTimeout(done, 50));
    }
    const wanted = {
      capabilities: {
        alwaysMatch: {
          'webkitgtk:browserOptions': { binary: BROWSER, args: ['--automation'] },
        },
      },
    };
    const made = await fetch(`${driving}/session`, {
      method: 'POST',
      body: JSON.stringify(wanted),
    });
    const { value } = (await made.json()) as { value: { sessionId: string } };
    const browser = new Browser(driver, `${driving}/session/${value.sessionId}`);
    await browser.ask('window/rect', { x: 0, y: 0, ...SIZE });
    return browser;
  }

  private async ask(what: string, body?: object): Promise<unknown> {
    const asked = body ? { method: 'POST', body: JSON.stringify(body) } : {};
    const answer = await fetch(`${this.session}/${what}`, asked);
    const { value } = (await answer.json()) as { value: unknown };
    if (!answer.ok) throw new Error(`${what}: ${JSON.stringify(value)}`);
    return value;
  }

  async go(url: string): Promise<void> {
    await this.ask('url', { url });
  }

  /** Runs it inside the page. */
  async run<T, A extends unknown[]>(act: (...args: A) => T | Promise<T>, ...args: A): Promise<T> {
    const script = `const [args, done] = arguments;
      Promise.resolve().then(() => (${act.toString()})(...args)).then(
        (value) => done({ value }), (error) => done({ error: String(error) }));`;
    const body = { script, args: [args] };
    const said = (await this.ask('execute/async', body)) as { value: T; error?: string };
    if (said.error !== undefined) throw new Error(said.error);
    return said.value;
  }

  async shot(name: string): Promise<void> {
    const picture = (await this.ask('screenshot')) as string;
    writeFileSync(`${SHOTS}/${name}.png`, Buffer.from(picture, 'base64'));
  }

  async close(): Promise<void> {
    await fetch(this.session, { method: 'DELETE' }).catch(() => undefined);
    this.driver.kill();
  }
}

/** Whether the scene stands; what could not be read is not drawn. */
function stands(unread: boolean): boolean {
  if (!document.querySelector('main')) return false;
  return unread || !document.querySelector('.skeleton');
}

/** In a theme, once fonts and the next frames are there. */
async function wear(theme: string): Promise<void> {
  document.documentElement.dataset.theme = theme;
  await document.fonts.ready;
  await new Promise((done) => {
    requestAnimationFrame(() => requestAnimationFrame(done));
  });
  for (const one of document.getAnimations()) if (one instanceof CSSTransition) one.finish();
}

let site: Server;
let url: string;
let browser: Browser;

test.beforeAll(async () => {
  site = createServer((request, response) => {
    const { status, headers, body } = reply(request.url ?? '/', 'dist-replay');
    response.writeHead(status, headers).end(body);
  });
  url = `http://127.0.0.1:${String(await listening(site))}`;
  browser = await Browser.open();
});
test.afterAll(async () => {
  await browser.close();
  site.closeAllConnections();
  site.close();
});

for (const scene of SCENES) {
  test(`${scene} in WebKitGTK`, async () => {
    await browser.go(`${url}/?replay=${scene}&theme=dark`);
    const unread = scene === 'reading' || scene === 'unread';
    await expect
      .poll(() => browser.run(stands, unread), { timeout: LOADED_MS_MAX, message: 'it stands' })
      .toBe(true);
    for (const theme of ['dark', 'light']) {
      await browser.run(wear, theme);
      await browser.shot(`${scene}-${theme}`);
    }
    expect.soft(await browser.run(unreadable), 'text').toEqual([]);
    expect.soft(await browser.run(small), 'targets').toEqual([]);
  });
}
