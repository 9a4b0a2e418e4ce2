import { readFileSync } from 'node:fs';
import { paraglideVitePlugin } from '@inlang/paraglide-js';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
import { packages } from './packages.ts';
import { inPseudo } from './pseudo.ts';

interface TauriConf {
  app: { security: { csp: string } };
}

/** The app's own policy, so that what works in a browser's preview works in the window. */
const conf = JSON.parse(
  readFileSync(new URL('../tauri.conf.json', import.meta.url), 'utf8'),
) as TauriConf;

const texts = paraglideVitePlugin({
  project: './project.inlang',
  outdir: './src/paraglide',
  strategy: ['baseLocale'],
});

export default defineConfig(({ mode }) => ({
  plugins: [
    // Under vitest the texts are compiled before (`npm test`): the plugin's watcher would hold the
    // process for ten seconds at the end.
    ...(process.env.VITEST ? [] : [texts]),
    ...(mode === 'pseudo' ? [inPseudo] : []),
    svelte(),
    packages,
  ],
  clearScreen: false,
  server: { port: 5173, strictPort: true },
  preview: { headers: { 'Content-Security-Policy': conf.app.security.csp } },
  build: {
    target: 'es2022',
    outDir: 'dist',
    emptyOutDir: true,
    // font-src 'self' forbids data: URIs, so nothing is inlined.
    assetsInlineLimit: 0,
    // A text belongs to the piece that says it.
    rolldownOptions: {
      treeshake: { moduleSideEffects: [{ test: /\/paraglide\//, sideEffects: false }] },
    },
  },
  resolve: process.env.VITEST ? { conditions: ['browser'] } : {},
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.ts'],
    setupFiles: ['src/backend/vitest.ts'],
  },
}));
