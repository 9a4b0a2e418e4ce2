import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

const tauri = {
  group: ['@tauri-apps/*'],
  message: 'backend/tauri.ts is the only file that speaks to Tauri.',
};

export default ts.config(
  {
    ignores: [
      'dist/',
      'dist-replay/',
      'dist-pseudo/',
      'node_modules/',
      'src/bindings/',
      'src/paraglide/',
    ],
  },
  js.configs.recommended,
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  { languageOptions: { globals: { ...globals.browser, ...globals.node } } },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, svelteConfig } },
  },
  {
    rules: {
      'no-undef': 'off',
      'no-console': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      'svelte/no-at-html-tags': 'error',
      'no-restricted-imports': ['error', { patterns: [tauri] }],
    },
  },
  { files: ['src/backend/tauri.ts'], rules: { 'no-restricted-imports': 'off' } },
  {
    files: ['src/parts/**'],
    ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            tauri,
            {
              group: [
                '**/bindings/*',
                '!**/bindings/Text',
                '!**/bindings/Param',
                '**/state/*',
                '**/views/*',
                '**/diagram/*',
                '**/backend/*',
              ],
              message: 'parts/ know no domain word.',
            },
          ],
        },
      ],
    },
  },
);
