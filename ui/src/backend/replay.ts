/** A backend without an app: fixtures for looking and for tests. Never part of the app's own build. */
import type { AccountCard } from '../bindings/AccountCard';
import type { AppRow } from '../bindings/AppRow';
import type { DeploymentRow } from '../bindings/DeploymentRow';
import type { Notice } from '../bindings/Notice';
import type { Problem } from '../bindings/Problem';
import type { Row } from '../bindings/Row';
import type { Text } from '../bindings/Text';
import type { Update } from '../bindings/Update';
import type { Weather } from '../bindings/Weather';
import type { WeatherKind } from '../bindings/WeatherKind';
import type { Backend, Theme } from './index';
import type { Scene } from './scenes';
import { deleting, recycling, recyclingSystem } from './fixtures/inside';
import { catalog, spec } from './fixtures/catalog';
import { full, receipt, views } from './fixtures/deployments';
import { MASKED, merge, readersOf } from './fixtures/kubectl';
import { namespacesOf } from './fixtures/namespaces';
import { servicesOf } from './fixtures/services';
import { addressAsking, checked, ENTRIES, removesYou } from './fixtures/access';
import { LICENCES, licenceText } from './fixtures/licences';
import { exposed, keptInside } from './fixtures/reach';
import { rare, search } from './fixtures/rare';
import { ADDRESS, ago, names, NOW, text, time, word } from './fixtures/make';
import { OWN_RULES } from './fixtures/rules';
import { diagnostics, review, ruled, sizes, teardown } from './fixtures/review';

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
  weather: null,
  notice: null,
  now: NOW,
  version: '0.1.0',
};

const STANDING = { ...views.running, ...views.building, ...views.gone };

function rows(scene: Scene): Record<string, Row> {
  switch (scene) {
    case 'start':
    case 'reading':
      return {};
    case 'failed':
      return { ...views.running, ...views.failed, ...views.gone };
    case 'broken':
      return { ...views.running, ...views.broken, ...views.gone };
    case 'leaving':
      return { ...views.leaving, ...views.gone };
    case 'forgotten':
    case 'nobody':
    case 'deleted':
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
    case 'partial':
      return changed({ partial: text('partial_kubernetes', { at: time(ago(6060)) }) });
    case 'offline':
      return changed({ partial: text('partial_linode', { at: time(ago(360)) }) });
    case 'locked_out':
    case 'roamed':
      return changed({
        partial: text('partial_kubernetes', { at: time(ago(1500)) }),
        notice: lockedOut(scene === 'roamed'),
      });
    case 'roamed_building': {
      const row = views.building['deployment/01nlp'];
      if (row?.row !== 'deployment') throw new Error('a deployment is built');
      const value = { ...row.value, notice: lockedOut(true, row.value.label) };
      return { ...STANDING, 'deployment/01nlp': { row: 'deployment', value } };
    }
    case 'idle':
      return { ...STANDING, ...rare.unused };
    case 'cost_gap':
      return { ...STANDING, ...rare.unseen };
    case 'reach_open':
      return changed({ reach: exposed });
    case 'reach_inside':
      return changed({
        reach: keptInside,
        picture: { ...full, firewall: { ...full.firewall, keeper: 'controller' } },
      });
    case 'away':
      return changed({ here: false });
    case 'merged':
    case 'rotate':
      return changed({ merged: { path: '~/.kube/config', context: 'ada-lke-gpu-kubeflow' } });
    default:
      return STANDING;
  }
}

/** Before its own address was asked for, and after. */
function lockedOut(asked: boolean, name = 'ada-lke-gpu-kubeflow'): Notice {
  const services = names(['api.ipify.org', 'api6.ipify.org']);
  const to = names(['198.51.100.9/32']);
  return {
    tone: 'danger',
    what: asked
      ? text('needs_roamed', { from: names([ADDRESS]), to })
      : text('needs_roamed_ask', { services }),
    why: text('needs_roamed_why'),
    exists: null,
    fix: text('needs_roamed_fix', { name: word(name) }),
    actions: asked ? ['allow_address', 'replace_address'] : ['ask_address'],
  };
}

/** As `running`, but for this. */
function changed(how: Partial<DeploymentRow>): Record<string, Row> {
  const row = views.running['deployment/01ada'];
  if (row?.row !== 'deployment') throw new Error('a deployment runs');
  const value = { ...row.value, ...how };
  // Who does not answer has no length of an answer.
  const control = { ...value.picture.control_plane, answers_ms: null };
  if (how.partial) value.picture = { ...value.picture, control_plane: control };
  return { ...STANDING, 'deployment/01ada': { row: 'deployment', value } };
}

/** What keeps the cloud from being read. */
const WEATHER: Partial<Record<Scene, Weather>> = {
  offline: sky('offline', 'weather_offline', { since: time(ago(300)) }),
  slept: sky('slept', 'weather_slept', { from: time(ago(30_000)), to: time(ago(20)) }),
  rate_limited: sky('rate_limited', 'weather_rate_limited', { until: time(ago(-420)) }),
  maintenance: sky('maintenance', 'weather_maintenance', { since: time(ago(900)) }),
  token_refused: sky('token', 'weather_token', { since: time(ago(1200)) }),
};

function sky(kind: WeatherKind, code: string, params: Text['params']): Weather {
  return { kind, what: text(code, params), fix: text(`${code}_fix`) };
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
  if (scene === 'asking' || scene === 'locked_out') return connected;
  const weather = WEATHER[scene];
  if (weather) return { ...connected, online: weather.kind !== 'offline', weather };
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
  const begin = scene === 'start' || scene === 'new' || scene === 'asking' ? spec : mine;
  const note = (name: string): void => {
    backend.calls.push(name);
  };
  let asking = addressAsking(appRow(scene).cloud === 'demo');
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
    review: (one) =>
      scene === 'unread'
        ? Promise.reject(problem as unknown as Error)
        : wait(review(one, scene === 'unknown')),
    myAddresses: () => wait([ADDRESS]),
    addressAsking: () => wait(asking),
    alwaysAskAddress: (always) => {
      note(`always_ask_address ${String(always)}`);
      asking = { ...asking, always };
      return wait(undefined);
    },
    accessList: () => {
      const enabled = scene !== 'access_off';
      return wait({ enabled, addresses: enabled ? ENTRIES : [] });
    },
    checkAccess: (list) => wait(checked(list)),
    editAccess: (_, add, remove, withoutMe) => {
      note(`edit_access +${add.join(',')} -${remove.join(',')} ${String(withoutMe)}`);
      return remove.includes(ADDRESS) && !withoutMe
        ? Promise.reject(removesYou as unknown as Error)
        : wait(scene === 'access_beside' ? 'beside' : 'enforced');
    },
    guardBalancer: (_, service) => {
      note(`guard_balancer ${service}`);
      return wait('enforced');
    },
    setController: (_, on) => {
      note(`set_controller ${String(on)}`);
      return wait('enforced');
    },
    reviewRules: (deployment, rules) => {
      const stand = scene === 'own_rules_none' ? [] : OWN_RULES;
      return wait(ruled(mine, deployment, stand, rules ?? stand));
    },
    reviewSize: (deployment, atLeast, atMost) => wait(sizes(mine, deployment, atLeast, atMost)),
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
    reviewRecycle: (_, node) => wait(node === 'system' ? recyclingSystem : recycling),
    recycle: (_, node) => {
      note(`recycle ${node}`);
      return wait(undefined);
    },
    reviewDeleteNode: () => wait(deleting),
    deleteNode: (_, node) => {
      note(`delete_node ${node}`);
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
    copyKubeconfig: () => {
      note('copy_kubeconfig');
      return wait(undefined);
    },
    showKubeconfig: () => wait(MASKED),
    previewMerge: (_, current) => {
      note(`preview_merge ${String(current)}`);
      return wait(merge(current, scene === 'merge_new'));
    },
    mergeKubeconfig: (_, current, seen) => {
      note(`merge_kubeconfig ${String(current)} ${seen}`);
      return wait({ path: '~/.kube/config', context: 'ada-lke-gpu-kubeflow' });
    },
    unmergeKubeconfig: () => {
      note('unmerge_kubeconfig');
      return wait(undefined);
    },
    rotateKubeconfig: () => {
      note('rotate_kubeconfig');
      return wait(undefined);
    },
    ...readersOf(note),
    ...servicesOf(note),
    ...namespacesOf(note),
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
    setNotify: (notify) => {
      note(`set_notify ${String(notify)}`);
      return wait(undefined);
    },
    preferences: () => wait({ theme, notify: true }),
    places: () => wait({ data: '~/.local/share/dev.quaylight.desktop', kubectl: '~/.kube/config' }),
    licences: () => wait(LICENCES),
    licenceText: (_, name) => wait(licenceText(name)),
    saveDiagnostics: () => {
      note('save_diagnostics');
      return wait(true);
    },
  };
  return backend;
}
