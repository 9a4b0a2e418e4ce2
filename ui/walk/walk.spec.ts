/** Every scene: axe, layout, keyboard, forced colours, reduced motion, zoom. */
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, type Page, test } from '@playwright/test';
import type axe from 'axe-core';
import { SCENES } from '../src/backend/scenes';
import { colourOnly, marked, moving, said, small, stood, unreadable, untitled } from './checks';
import { open, settle } from './site';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SHOTS = new URL('../../target/ui-walk', import.meta.url).pathname;
mkdirSync(SHOTS, { recursive: true });

const LARGE = { width: 1360, height: 850 };
const SIZES = [LARGE, { width: 1024, height: 700 }, { width: 800, height: 700 }];
/** What is left of the large window at 200 %. */
const ZOOMED = { width: LARGE.width / 2, height: LARGE.height / 2 };
const PICTURE_STOPS_MAX = 60;

async function seriousness(page: Page, only: string[] | null): Promise<string[]> {
  const found = await page.evaluate(async (rules) => {
    const { configure, run } = (window as unknown as { axe: typeof axe }).axe;
    // A part of the picture is named by its title and its edges, not by all the figures in it;
    // `untitled` holds that the title is in its name.
    const selector = ':not([role=treeitem])';
    configure({ rules: [{ id: 'label-content-name-mismatch', selector }] });
    const runOnly = rules ? { runOnly: { type: 'rule' as const, values: rules } } : {};
    return (await run(document, { resultTypes: ['violations'], ...runOnly })).violations;
  }, only);
  return found
    .filter((one) => one.impact === 'serious' || one.impact === 'critical')
    .map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(' | ')}`);
}

async function keyboard(page: Page): Promise<void> {
  await page.evaluate(() => {
    (document.activeElement as HTMLElement | null)?.blur();
  });
  const wanted = await page.evaluate(marked);
  const reached = new Set<number>();
  const wrong: string[] = [];
  for (let i = 0; i < 2 * wanted.length + 120; i += 1) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(stood);
    if (at.wrong !== null) wrong.push(`${at.name} ${at.wrong}`);
    if (at.mark >= 0) reached.add(at.mark);
    if (reached.size === wanted.length) break;
  }
  const missed = wanted.filter((_, i) => !reached.has(i));
  expect.soft(wrong, 'focus that cannot be seen').toEqual([]);
  expect.soft(missed, 'what the keyboard does not reach').toEqual([]);
}

async function picture(page: Page): Promise<void> {
  const tree = page.getByTestId('picture');
  if ((await tree.count()) === 0 || (await page.locator('[role=dialog]').count()) > 0) return;
  const ids = await tree
    .locator('[role=treeitem]')
    .evaluateAll((all) => all.map((one) => (one as HTMLElement).dataset.part ?? ''));
  expect.soft(ids.length, 'stops in the picture').toBeLessThanOrEqual(PICTURE_STOPS_MAX);
  await tree.locator('[role=treeitem][tabindex="0"]').focus();
  await page.keyboard.press('Home');
  const walked: string[] = [];
  for (let i = 0; i <= ids.length; i += 1) {
    const at = await page.evaluate(
      () => (document.activeElement as HTMLElement).dataset.part ?? '',
    );
    if (walked.at(-1) === at) break;
    walked.push(at);
    await page.keyboard.press('ArrowDown');
  }
  expect.soft(new Set(walked), 'what the arrows reach').toEqual(new Set(ids));
}

for (const scene of SCENES) {
  test(scene, async ({ page }) => {
    await page.setViewportSize(LARGE);
    const complaints = await open(page, scene);
    await page.evaluate(AXE);
    for (const theme of ['dark', 'light'] as const) {
      await page.evaluate((wear) => {
        document.documentElement.dataset.theme = wear;
      }, theme);
      for (const size of SIZES) {
        await page.setViewportSize(size);
        await settle(page);
        const at = `${theme} ${String(size.width)}x${String(size.height)}`;
        if (size === LARGE) await page.screenshot({ path: `${SHOTS}/${scene}-${theme}.png` });
        // A theme changes colours and nothing else.
        const rules = theme === 'dark' ? null : ['color-contrast'];
        expect.soft(await seriousness(page, rules), `axe, ${at}`).toEqual([]);
        if (theme === 'dark') {
          expect.soft(await page.evaluate(unreadable), `text, ${at}`).toEqual([]);
          expect.soft(await page.evaluate(small), `targets, ${at}`).toEqual([]);
        }
      }
    }
    await page.setViewportSize(ZOOMED);
    await settle(page);
    expect.soft(await page.evaluate(unreadable), 'text at 200 %').toEqual([]);
    await page.setViewportSize(LARGE);
    await settle(page);
    const before = await page.evaluate(said);
    await page.emulateMedia({ forcedColors: 'active', reducedMotion: 'reduce' });
    await settle(page);
    expect.soft(await page.evaluate(moving), 'what moves though it should not').toEqual([]);
    expect.soft(await page.evaluate(colourOnly), 'what colour alone says').toEqual([]);
    // Meanwhile the clock runs on, and a length of time may change its unit.
    const drop = (text: string): string => text.replaceAll(/\d+|\b(ms|s|min|h|d)\b|\s+/g, '');
    expect.soft(drop(await page.evaluate(said)), 'text in forced colours').toBe(drop(before));
    await page.emulateMedia({ forcedColors: 'none', reducedMotion: 'no-preference' });
    expect.soft(await page.evaluate(untitled), 'names without their title').toEqual([]);
    await picture(page);
    await keyboard(page);
    expect(complaints, 'what the page complained of').toEqual([]);
  });
}
