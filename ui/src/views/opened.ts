/** For tests: the window on a scene. */
import { cleanup, configure, render, screen } from '@testing-library/svelte';
import { afterEach, expect, vi } from 'vitest';
import App from '../App.svelte';
import { type Replay, replay } from '../backend/replay';
import { type Scene } from '../backend/scenes';
import { show } from '../look';
import type { App as State } from '../state/app.svelte';

/** The element of that name; it is an error when there is none. */
export const at = (testid: string): HTMLElement => screen.getByTestId(testid);

/** For a file of tests that open windows: each gets an empty page, and time to draw. */
export function eachInItsOwn(): void {
  // A window takes a second to draw where others work on the same machine.
  configure({ asyncUtilTimeout: 10_000 });
  vi.setConfig({ testTimeout: 60_000 });
  afterEach(() => {
    cleanup();
    document.body.replaceChildren();
  });
}

/** Opens it, and waits until it stands. */
export async function open(scene: Scene): Promise<{ backend: Replay; app: State }> {
  const backend = replay(scene);
  let app: State | undefined;
  render(App, {
    props: {
      backend,
      onstart: (state: State) => {
        app = state;
        void show(scene, state);
      },
    },
  });
  const unread = scene === 'reading' || scene === 'unread';
  const read = (): Promise<void> =>
    vi.waitFor(
      () => {
        expect(document.querySelector('.skeleton') === null || unread).toBe(true);
      },
      { timeout: 10_000 },
    );
  await read();
  // The rest of the pages comes behind the first: after a frame and a turn, as the window asks for it.
  await new Promise((done) => requestAnimationFrame(done));
  await new Promise((done) => setTimeout(done));
  await import('./rest');
  await read();
  // Dialogs and what was asked for come a turn later.
  await new Promise((done) => setTimeout(done, 20));
  if (!app) throw new Error('the window did not start');
  return { backend, app };
}
