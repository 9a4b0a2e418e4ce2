/** The built page with the app's own policy, without a server: every request is answered from the disk. */
import { existsSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import type { Page } from '@playwright/test';
import type { Scene } from '../src/backend/scenes';

export const SITE = 'http://quaylight.test';
const BUILT = new URL('..', import.meta.url).pathname;
const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.woff2': 'font/woff2',
  '.svg': 'image/svg+xml',
};

interface TauriConf {
  app: { security: { csp: string } };
}
const conf = JSON.parse(
  readFileSync(new URL('../../tauri.conf.json', import.meta.url), 'utf8'),
) as TauriConf;

/** What a request of the page gets from a folder of ui/. */
export function reply(
  url: string,
  built: string,
): { status: number; headers: Record<string, string>; body: Buffer } {
  const path = new URL(url, SITE).pathname;
  const file = `${BUILT}${built}${path === '/' ? '/index.html' : path}`;
  if (!existsSync(file)) {
    return { status: path === '/favicon.ico' ? 204 : 404, headers: {}, body: Buffer.alloc(0) };
  }
  return {
    status: 200,
    headers: {
      'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream',
      'Content-Security-Policy': conf.app.security.csp,
    },
    body: readFileSync(file),
  };
}

/** Answers every request of the page from a folder of ui/. */
export async function serve(page: Page, built: string): Promise<void> {
  await page.route(`${SITE}/**`, (route) => route.fulfill(reply(route.request().url(), built)));
}

/** Opens one scene and waits until it stands; what the page complains of is collected. */
export async function open(
  page: Page,
  scene: Scene,
  built: 'dist-replay' | 'dist-pseudo' = 'dist-replay',
): Promise<string[]> {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (said) => {
    if (said.type() === 'error' || said.type() === 'warning') complaints.push(said.text());
  });
  await serve(page, built);
  await page.goto(`${SITE}/?replay=${scene}&theme=dark`);
  await page.locator('main').waitFor();
  await page.evaluate(() => document.fonts.ready);
  // What could not be read is not drawn.
  const unread = scene === 'reading' || scene === 'unread';
  if (!unread) await page.locator('.skeleton').waitFor({ state: 'detached' });
  await settle(page);
  return complaints;
}

/** Waits for the next drawn frame. */
export async function settle(page: Page): Promise<void> {
  await page.evaluate(
    () =>
      new Promise<void>((done) => {
        requestAnimationFrame(() => {
          requestAnimationFrame(() => {
            done();
          });
        });
      }),
  );
}
