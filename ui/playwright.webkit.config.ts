import { defineConfig } from '@playwright/test';
import walk from './playwright.config.ts';

/** Every scene in the engine of the real window, which needs a display: `cargo xtask` opens one. */
export default defineConfig({
  ...walk,
  outputDir: '../target/ui-webkit/failed',
  testMatch: 'webkit.drive.ts',
  fullyParallel: false,
  workers: 1,
});
