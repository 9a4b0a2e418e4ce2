import { defineConfig } from '@playwright/test';
import walk from './playwright.config.ts';

/** What `cargo xtask bench ui` measures in Debian's Chromium: figures, no checks. */
export default defineConfig({
  ...walk,
  outputDir: '../target/bench/chromium',
  testMatch: 'load.bench.ts',
  timeout: 20 * 60_000,
  workers: 1,
  reporter: [['line']],
});
