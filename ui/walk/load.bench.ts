/**
 * The shipped page in Chromium, its app replayed: the recording of `cargo xtask bench ui` comes at
 * the pace of the shell's pump, and the same script measures as in the real window.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, type Page, test } from '@playwright/test';
import type { Delta } from '../src/bindings/Delta';
import type { Snapshot } from '../src/bindings/Snapshot';
import { serve, SITE } from './site';

interface Recording {
  snapshot: Snapshot;
  changes: Delta[];
}
interface Measured {
  took: number[];
  bytes: number;
  frames: number[];
}
interface Load {
  measured: Measured;
  again: (keeps?: boolean) => void;
  flow: (flows: boolean) => void;
  sent: () => number;
}

const { QUAYLIGHT_RECORDING, QUAYLIGHT_MEASURE, QUAYLIGHT_FIGURES, QUAYLIGHT_SECONDS } =
  process.env;
const SECONDS = Number(QUAYLIGHT_SECONDS ?? '60');
const WARM_SECONDS = 10;
const IDLE_SECONDS = 20;

/** In the page, before its own scripts: what Tauri would put there. */
function standIn(recording: Recording): void {
  const EACH = 5;
  const TICK_MS = 100;
  const callbacks = new Map<number, (data: unknown) => void>();
  let [ids, index, seq, at, due, sent, flows] = [0, 0, recording.snapshot.seq, 0, 0, 0, false];
  let channel: number | null = null;
  const send = (message: unknown): void => {
    if (channel !== null) callbacks.get(channel)?.({ message, index });
    index += 1;
  };
  const tick = (): void => {
    if (!flows) return;
    const last = new Map<string, Delta['ops'][number]>();
    due += EACH;
    while (due > 0) {
      const changed = recording.changes[at % recording.changes.length]?.ops ?? [];
      for (const op of changed) {
        last.delete(op.key);
        last.set(op.key, op);
      }
      due -= changed.length;
      sent += changed.length;
      at += 1;
    }
    if (last.size === 0) return;
    seq += 1;
    // What comes over a wire is new each time.
    const ops: unknown = JSON.parse(JSON.stringify([...last.values()]));
    send({ kind: 'delta', value: { seq, ops } });
  };
  const invoke = (command: string, given: { channel?: { id: number } }): Promise<unknown> => {
    if (command === 'subscribe') {
      channel = given.channel?.id ?? null;
      queueMicrotask(() => {
        send({ kind: 'snapshot', value: recording.snapshot });
      });
      setInterval(tick, TICK_MS);
      return Promise.resolve(null);
    }
    if (command === 'preferences') return Promise.resolve({ theme: 'dark', notify: false });
    return new Promise(() => undefined);
  };
  const transformCallback = (callback: (data: unknown) => void): number => {
    ids += 1;
    callbacks.set(ids, callback);
    return ids;
  };
  const internals = {
    callbacks,
    invoke,
    transformCallback,
    unregisterCallback: (id: number) => callbacks.delete(id),
  };
  Object.assign(window, {
    __TAURI_INTERNALS__: internals,
    flow: (on: boolean) => {
      flows = on;
    },
    sent: () => sent,
  });
}

function at(all: number[], share: number): number {
  const sorted = [...all].sort((a, b) => a - b);
  return sorted[Math.round((sorted.length - 1) * share)] ?? NaN;
}

async function look(page: Page, seconds: number): Promise<Measured & { changes: number }> {
  const before = await page.evaluate(() => {
    const load = window as unknown as Load;
    load.again();
    return load.sent();
  });
  await page.waitForTimeout(seconds * 1000);
  return page.evaluate((had) => {
    const load = window as unknown as Load;
    return { ...load.measured, changes: load.sent() - had };
  }, before);
}

test('figures', async ({ page }) => {
  const recording = JSON.parse(readFileSync(QUAYLIGHT_RECORDING ?? '', 'utf8')) as Recording;
  await serve(page, 'dist');
  await page.setViewportSize({ width: 1280, height: 860 });
  await page.addInitScript(standIn, recording);
  await page.goto(`${SITE}/`);
  await page.getByTestId('all-clusters').waitFor();
  // The page's policy forbids a script tag; the driver may evaluate.
  await page.evaluate(readFileSync(QUAYLIGHT_MEASURE ?? '', 'utf8'));
  await page.waitForTimeout(WARM_SECONDS * 1000);
  const idle = await look(page, IDLE_SECONDS);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable');
  const heap = async (): Promise<number> => {
    await devtools.send('HeapProfiler.collectGarbage');
    const { metrics } = await devtools.send('Performance.getMetrics');
    return (metrics.find((one) => one.name === 'JSHeapUsedSize')?.value ?? NaN) / 2 ** 20;
  };
  await page.evaluate(() => {
    (window as unknown as Load).flow(true);
  });
  const views = [];
  for (const view of ['all clusters', 'one cluster']) {
    if (view === 'one cluster') {
      await page.getByTestId('rail-team-50').click();
      await page.getByTestId('picture').waitFor();
    }
    await page.waitForTimeout(WARM_SECONDS * 1000);
    const from = await heap();
    const seen = await look(page, SECONDS);
    // The figures themselves are no growth.
    await page.evaluate(() => {
      (window as unknown as Load).again(false);
    });
    const grown = (await heap()) - from;
    expect(seen.took.length).toBeGreaterThan(0);
    views.push({
      view,
      changes: seen.changes,
      differences: seen.took.length,
      render_ms_p50: at(seen.took, 0.5),
      render_ms_p95: at(seen.took, 0.95),
      render_ms_max: at(seen.took, 1),
      frame_ms_p95: at(seen.frames, 0.95),
      frames_to_idle: at(seen.frames, 0.95) / at(idle.frames, 0.95),
      bytes_a_change: seen.bytes / seen.changes,
      heap_mib: await heap(),
      heap_mib_10_minutes: (grown * 600) / SECONDS,
    });
  }
  writeFileSync(QUAYLIGHT_FIGURES ?? '', JSON.stringify({ window: 'Chromium, replayed', views }));
});
