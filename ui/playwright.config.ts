import { defineConfig } from '@playwright/test';

/** The walk through every scene, in Debian's Chromium on the replayed backend. */
export default defineConfig({
  testDir: 'walk',
  outputDir: '../target/ui-walk/failed',
  fullyParallel: true,
  forbidOnly: true,
  workers: 2,
  timeout: 60_000,
  reporter: [['list']],
  use: {
    launchOptions: {
      executablePath: process.env.QUAYLIGHT_CHROMIUM ?? '/usr/bin/chromium',
      // The page is our own; a container's root user has no sandbox.
      chromiumSandbox: false,
    },
  },
});
