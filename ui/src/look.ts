/** For looking and for tests: leads the window to each state. Never part of the app's own build. */
import type { Backend, Theme } from './backend';
import { problem, replay, SCENES, type Scene } from './backend/replay';
import type { App } from './state/app.svelte';

/** Leads the window to where a scene is. */
export async function show(scene: Scene, window: App): Promise<void> {
  switch (scene) {
    case 'start':
    case 'reading':
      return;
    case 'new':
    case 'errors':
      window.go({ at: 'new' });
      return;
    case 'file':
      await window.openFile();
      return;
    case 'review':
    case 'unknown':
      await window.form.open();
      window.go({ at: 'review' });
      return;
    case 'building':
    case 'failed':
      window.go({ at: 'deployment', id: '01nlp' });
      return;
    case 'crowd':
      window.go({ at: 'deployment', id: '01crowd' });
      return;
    case 'running':
    case 'elsewhere':
    case 'leaving':
      window.go({ at: 'deployment', id: '01ada' });
      return;
    case 'teardown':
      window.go({ at: 'deployment', id: '01ada' });
      window.openTeardown('01ada');
      return;
    case 'receipt':
      window.go({ at: 'deployment', id: '01lab' });
      return;
    case 'all':
      window.go({ at: 'all' });
      return;
    case 'account':
    case 'connect':
      window.go({ at: 'account' });
      return;
    case 'problem':
      window.go({ at: 'deployment', id: '01ada' });
      window.fail(problem);
      return;
  }
}

/** The scene that an address names: `?replay=building&theme=light`. */
export function fromAddress(search: string): { backend: Backend; onstart: (app: App) => void } {
  const asked = new URLSearchParams(search);
  const scene = SCENES.find((one) => one === asked.get('replay')) ?? 'start';
  const theme: Theme = asked.get('theme') === 'light' ? 'light' : 'dark';
  return { backend: replay(scene, theme), onstart: (window) => void show(scene, window) };
}
