/** A backend without an app: fixtures for looking and for tests. Never part of the app's own build. */
import type { AccountCard } from '../bindings/AccountCard';
import type { AppRow } from '../bindings/AppRow';
import type { Notice } from '../bindings/Notice';
import type { Problem } from '../bindings/Problem';
import type { Row } from '../bindings/Row';
import type { Update } from '../bindings/Update';
import type { Backend, Theme } from './index';
import { catalog, spec } from './fixtures/catalog';
import { receipt, views } from './fixtures/deployments';
import { rare, search } from './fixtures/rare';
import { ADDRESS, ago, NOW, text, word } from './fixtures/make';
import { diagnostics, review, teardown } from './fixtures/review';

export const account: AccountCard = {
  id: 'A1B2',
  user: 'personal',
  last4: '9f3c',
  scopes: ['lke:read_write', 'linodes:read_write', 'firewall:read_write', 'volumes:read_write'],
  missing_scopes: [],
  expires: '2026-12-01T00:00:00Z',
  restricted: false,
  kept: 'keychain',
};

const app: AppRow = {
  cloud: 'demo',
  demo_speed: 10,
  account: null,
  online: true,
  notice: null,
  now: NOW,
  version: '0.1.0',
};

/** Every state that can be looked at. */
export const SCENES = [
  'start',
  'new',
  'advanced',
  'errors',
  'file',
  'review',
  'unknown',
  'building',
  'failed',
  'interrupted',
  'running',
  'rules',
  'details',
  'cost',
  'nodes',
  'one',
  'dozen',
  'crowd',
  'elsewhere',
  'forgotten',
  'nobody',
  'thousand',
  'teardown',
  'leaving',
  'stuck',
  'receipt',
  'all',
  'many',
  'account',
  'connect',
  'token_close',
  'token_over',
  'from_cli',
  'problem',
  'palette',
  'offline',
  'away',
  'reading',
] as const;
export type Scene = (typeof SCENES)[number];

const STANDING = { ...views.running, ...views.building, ...views.gone };

function rows(scene: Scene): Record<string, Row> {
  switch (scene) {
    case 'start':
    case 'reading':
      return {};
    case 'failed':
      return { ...views.running, ...views.failed, ...views.gone };
    case 'leaving':
      return { ...views.leaving, ...views.gone };
    case 'forgotten':
    case 'nobody':
      return rare[scene];
    case 'elsewhere':
      return views.elsewhere;
    case 'crowd':
    case 'nodes':
      return { ...rare.crowd, ...views.running };
    case 'one':
    case 'dozen':
    case 'thousand':
      return { ...rare[scene], ...views.gone };
    case 'many':
      return rare.fleet;
    case 'interrupted':
      return { ...views.running, ...rare.interrupted, ...views.gone };
    case 'stuck':
      return { ...rare.stuck, ...views.gone };
    case 'away':
      return away();
    default:
      return STANDING;
  }
}

/** As `running`, seen from another account. */
function away(): Record<string, Row> {
  const row = views.running['deployment/01ada'];
  if (row?.row !== 'deployment') throw new Error('a deployment runs');
  return {
    ...STANDING,
    'deployment/01ada': { row: 'deployment', value: { ...row.value, here: false } },
  };
}

function appRow(scene: Scene): AppRow {
  const connected = { ...app, cloud: 'linode' as const, demo_speed: null, account };
  if (scene === 'token_close' || scene === 'token_over') {
    const expires = scene === 'token_over' ? ago(86_400) : ago(-2 * 86_400);
    const lacks = ['nodebalancers:read_write'];
    return { ...connected, account: { ...account, expires, missing_scopes: lacks } };
  }
  if (scene === 'from_cli') {
    return { ...connected, account: { ...account, scopes: ['*'], expires: null } };
  }
  if (scene === 'offline') return { ...app, online: false };
  if (scene === 'account') {
    const notice: Notice = {
      tone: 'info',
      what: text('keychain_missing', { reason: word('org.freedesktop.secrets') }),
      why: null,
      exists: null,
      fix: text('keychain_missing_fix'),
      actions: [],
    };
    return { ...app, cloud: 'linode', demo_speed: null, account, notice };
  }
  return app;
}

/** What a failed intent says. */
export const problem: Problem = {
  code: 'cloud_unavailable',
  what: text('cloud_unavailable', { operation: word('list node pools') }),
  why: null,
  fix: text('cloud_unavailable_fix'),
  detail: '503 Service Unavailable',
};

/** Where the update channel is held, so that a test can speak into it. */
export interface Replay extends Backend {
  hear: ((update: Update) => void) | null;
  calls: string[];
}

export function replay(scene: Scene, theme: Theme = 'dark'): Replay {
  const wait = <T>(value: T): Promise<T> => Promise.resolve(value);
  const mine = { ...spec, kubectl_access: [ADDRESS], ui_access: [ADDRESS] };
  const begin = scene === 'start' || scene === 'new' ? spec : mine;
  const note = (name: string): void => {
    backend.calls.push(name);
  };
  const backend: Replay = {
    hear: null,
    calls: [],
    subscribe(hear) {
      note('subscribe');
      backend.hear = hear;
      const view = { app: { row: 'app' as const, value: appRow(scene) }, ...rows(scene) };
      if (scene !== 'reading') hear({ kind: 'snapshot', value: { seq: 7, view } });
      return wait(undefined);
    },
    startForm: () =>
      wait(
        scene === 'errors'
          ? { ...begin, prefix: 'a-name-that-is-far-too-long', gpu_type: 'g1-gpu-rtx6000-1' }
          : begin,
      ),
    catalog: () => wait(catalog),
    review: (one) => wait(review(one, scene === 'unknown')),
    myAddress: () => wait(ADDRESS),
    deploy: () => {
      note('deploy');
      return wait('01nlp');
    },
    cancel: () => {
      note('cancel');
      return wait(undefined);
    },
    act: (_, action) => {
      note(`act ${action}`);
      return wait(undefined);
    },
    takeOver: () => {
      note('take_over');
      return wait(undefined);
    },
    reviewTeardown: (id, remove) => {
      note(`review_teardown ${remove.join(',')}`);
      return wait(teardown(id, remove));
    },
    tearDown: (_, typed) => {
      note(`tear_down ${typed}`);
      return wait(undefined);
    },
    saveKubeconfig: () => {
      note('save_kubeconfig');
      return scene === 'problem' ? Promise.reject(problem as unknown as Error) : wait(true);
    },
    saveCost: () => {
      note('save_cost');
      return wait(true);
    },
    receipt: () => wait(receipt),
    saveReceipt: () => wait(true),
    openTfvars: () => {
      const old = { ...mine, gpu_type: 'g1-gpu-rtx6000-1' };
      const found = diagnostics(old).map((one) => ({
        ...one,
        place: { file: 'tofu.tfvars', line: 12, column: 17 },
      }));
      return wait({ file: 'tofu.tfvars', spec: old, diagnostics: found });
    },
    saveTfvars: () => wait(true),
    connectAccount: () => wait(account),
    connectFromCli: () => {
      note('connect_from_cli');
      return wait(account);
    },
    forgetAccount: () => wait(undefined),
    useCloud: () => wait(undefined),
    searchAccount: () => {
      note('search_account');
      return wait(scene === 'many' ? { ...search, found: [] } : search);
    },
    setTheme: () => wait(undefined),
    preferences: () => wait({ theme }),
  };
  return backend;
}
