/** Pages that are wrong on purpose: what the walk looks for is found there. */
import { expect, test } from '@playwright/test';
import { colourOnly, marked, moving, small, stood, unreadable } from './checks';

test('text that is cut, hidden or outside is found', async ({ page }) => {
  await page.setViewportSize({ width: 400, height: 300 });
  await page.setContent(`<body style="margin:0;height:100vh;overflow:hidden">
    <div style="width:60px;overflow:hidden;white-space:nowrap">much too long for its box</div>
    <div style="width:60px;overflow:auto;white-space:nowrap">scrolls to the side here</div>
    <p style="position:absolute;left:390px;margin:0;white-space:nowrap">beyond the right edge</p>
    <p style="position:absolute;top:100px;margin:0">covered words</p>
    <div style="position:absolute;top:90px;width:300px;height:50px;background:#000">above</div>
    <p style="position:absolute;top:295px;margin:0">below the window</p></body>`);
  const found = (await page.evaluate(unreadable)).join('\n');
  expect(found).toContain('cut at the side: "much too long');
  expect(found).toContain('scrolls sideways');
  expect(found).toContain('"beyond the right edge"');
  expect(found).toContain('"covered words" lies under "above"');
  expect(found).toContain('"below the window"');
});

test('text that can be read is not complained of', async ({ page }) => {
  await page.setContent(`<div style="overflow:auto;height:40px"><p>one</p><p>two</p></div>
    <div style="overflow:auto;width:50px"><table><tr><td>a table may scroll</td></tr></table></div>
    <p title="all of it" style="overflow:hidden;width:20px;white-space:nowrap">all of it</p>`);
  expect(await page.evaluate(unreadable)).toEqual([]);
});

test('focus that does not show, and what Tab jumps over, are found', async ({ page }) => {
  await page.setContent(`<button>good</button>
    <button style="outline:none" data-testid="silent">silent</button>`);
  await page.addStyleTag({ content: ':focus-visible { outline: 2px solid blue }' });
  expect(await page.evaluate(marked)).toEqual(['BUTTON good', 'BUTTON silent']);
  await page.keyboard.press('Tab');
  expect(await page.evaluate(stood)).toEqual({ mark: 0, name: 'BUTTON good', wrong: null });
  await page.keyboard.press('Tab');
  expect((await page.evaluate(stood)).wrong).toBe('shows no focus');
});

test('small targets, motion and meanings of colour alone are found', async ({ page }) => {
  await page.emulateMedia({ forcedColors: 'active', reducedMotion: 'reduce' });
  await page.setContent(`<style>@keyframes spin { to { rotate: 1turn } }
    .spinner { animation: spin 1s infinite } button { border: 0 }
    .cell { display: inline-block; width: 9px; height: 9px; border: 1px solid }</style>
    <button style="width:20px;height:20px;padding:0">x</button><div class="spinner">o</div>
    <button class="entry" aria-current="page">a</button><button class="entry">b</button>
    <span class="cell" data-state="ready" style="background:green"></span>
    <span class="cell" data-state="bad" style="background:red"></span>`);
  expect(await page.evaluate(small)).toContain('20x20 "x"');
  expect(await page.evaluate(moving)).toEqual(['spinner']);
  const found = (await page.evaluate(colourOnly)).join('\n');
  expect(found).toContain('the chosen entry looks like the others');
  expect(found).toContain('a button without an edge: "x"');
  expect(found).toContain('cells look alike');
});
