import { mount } from 'svelte';
import App from './App.svelte';
import { tauri } from './backend/tauri';
import './styles/base.css';

/**
 * Under Tauri the app answers. In a browser (`npm run dev`, `npm run build:replay`) a replay does, so
 * that every state can be looked at; the app's own build does not hold it.
 */
async function start(target: HTMLElement): Promise<void> {
  if ('__TAURI_INTERNALS__' in window) {
    mount(App, { target, props: { backend: tauri } });
    return;
  }
  if (import.meta.env.MODE === 'production') return;
  const { fromAddress } = await import('./look');
  const { backend, onstart } = fromAddress(location.search);
  mount(App, { target, props: { backend, onstart } });
}

const target = document.getElementById('app');
if (target) void start(target);
