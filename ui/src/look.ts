/** For looking and for tests: leads the window to each state. Never part of the app's own build. */
import type { Backend, Theme } from './backend';
import type { CloudKind } from './bindings/CloudKind';
import type { DeploymentState } from './bindings/DeploymentState';
import type { LicenceRow } from './bindings/LicenceRow';
import type { NodeState } from './bindings/NodeState';
import type { PathState } from './bindings/PathState';
import type { StepState } from './bindings/StepState';
import type { Tense } from './bindings/Tense';
import type { Tone } from './bindings/Tone';
import { LICENCES } from './backend/fixtures/licences';
import { ENTRIES } from './backend/fixtures/access';
import { problem, replay } from './backend/replay';
import { SCENES, type Scene } from './backend/scenes';
import type { WeatherKind } from './bindings/WeatherKind';
import type { Whose } from './bindings/Whose';
import type { App, Over, Page } from './state/app.svelte';

/**
 * A scene for each page and each state that the view knows. One without a scene does not compile, and
 * the walk goes through all scenes.
 */
export const SHOWN: {
  page: Record<Page['at'], Scene>;
  deployment: Record<DeploymentState, Scene>;
  step: Record<StepState, Scene>;
  node: Record<NodeState, Scene>;
  tense: Record<Tense, Scene>;
  tone: Record<Tone, Scene>;
  cloud: Record<CloudKind, Scene>;
  whose: Record<Whose, Scene>;
  weather: Record<WeatherKind, Scene>;
  path: Record<PathState, Scene>;
  over: Record<Over, Scene>;
} = {
  page: {
    start: 'start',
    new: 'new',
    review: 'review',
    all: 'all',
    deployment: 'running',
    account: 'account',
  },
  deployment: {
    building: 'building',
    running: 'running',
    failed: 'failed',
    interrupted: 'interrupted',
    leaving: 'leaving',
    stuck: 'stuck',
    gone: 'receipt',
  },
  step: {
    pending: 'building',
    running: 'leaving',
    late: 'building',
    done: 'building',
    failed: 'failed',
  },
  node: {
    starting: 'running',
    untested: 'dozen',
    ready: 'running',
    broken: 'broken',
    not_ready: 'crowd',
    leaving: 'stuck',
  },
  tense: {
    planned: 'new',
    building: 'building',
    running: 'running',
    leaving: 'stuck',
    gone: 'leaving',
  },
  tone: { info: 'account', busy: 'interrupted', danger: 'failed' },
  cloud: { demo: 'running', linode: 'account' },
  whose: { here: 'running', elsewhere: 'elsewhere', forgotten: 'forgotten', nobody: 'nobody' },
  weather: {
    offline: 'offline',
    slept: 'slept',
    rate_limited: 'rate_limited',
    maintenance: 'maintenance',
    token: 'token_refused',
  },
  path: { guarded: 'reach', open: 'reach_open', cut: 'reach_open', unknown: 'reach' },
  over: {
    access: 'access',
    teardown: 'teardown',
    palette: 'palette',
    merge: 'merge',
    kubeconfig: 'masked',
    rotate: 'rotate',
    licences: 'licences',
    size: 'size',
    rules: 'own_rules',
    readers: 'readers',
    services: 'services',
    namespaces: 'namespaces',
    nodes: 'recycle_pool',
  },
};

/** Opens what lies folded, once it is drawn. */
async function unfold(testid: string): Promise<void> {
  for (let tried = 0; tried < 40; tried += 1) {
    await new Promise((done) => setTimeout(done, 50));
    const folded = document.querySelector<HTMLElement>(`[data-testid="${testid}"]`);
    if (folded) {
      folded.click();
      return;
    }
  }
}

type Edited = 'access' | 'access_wrong' | 'access_me' | 'access_off' | 'access_beside';

/** An access list with an edit, with one that is wrong, with one that needs a second word, switched
 * off in the cloud, and edited while a run is under way. */
async function edited(scene: Edited, window: App): Promise<void> {
  const { access } = window;
  await access.edit(scene === 'access_beside' ? '01nlp' : '01ada', ENTRIES);
  if (scene === 'access_off') return;
  await access.addMine();
  if (scene === 'access' || scene === 'access_beside') {
    await access.put('192.0.2.0/28');
    await access.remove('198.51.100.0/24');
  } else if (scene === 'access_wrong') {
    await access.put('0.0.0.0/0');
    access.type('198.51.100.7');
    await access.add();
  } else {
    await access.remove('203.0.113.7/32');
    await access.save();
  }
}

/** Leads the window to where a scene is. */
export async function show(scene: Scene, window: App): Promise<void> {
  switch (scene) {
    case 'start':
    case 'reading':
      return;
    case 'new':
    case 'asking':
    case 'errors':
    case 'unread':
      window.go({ at: 'new' });
      return;
    case 'advanced':
      window.go({ at: 'new' });
      await unfold('advanced');
      return;
    case 'new_rules': {
      window.go({ at: 'new' });
      await unfold('advanced');
      const { rules } = window.form;
      rules.add();
      rules.change(0, { label: 'ssh-office', ports: '22', from: '198.51.100.0/24' });
      rules.add();
      rules.change(1, { label: 'web', ports: '8080', from: '0.0.0.0/0' });
      await window.form.ask();
      return;
    }
    case 'file':
      await window.openFile();
      return;
    case 'review':
    case 'unknown':
      await window.form.open();
      window.go({ at: 'review' });
      return;
    case 'building':
    case 'roamed_building':
    case 'failed':
    case 'broken':
    case 'interrupted':
      window.go({ at: 'deployment', id: '01nlp' });
      return;
    case 'one':
    case 'dozen':
    case 'thousand':
      window.go({ at: 'deployment', id: '01many' });
      return;
    case 'crowd':
      window.go({ at: 'deployment', id: '01crowd' });
      return;
    case 'rules':
      window.go({ at: 'deployment', id: '01ada' });
      await unfold('show-rules');
      return;
    case 'running':
    case 'idle':
    case 'elsewhere':
    case 'forgotten':
    case 'nobody':
    case 'deleted':
    case 'offline':
    case 'slept':
    case 'rate_limited':
    case 'maintenance':
    case 'token_refused':
    case 'partial':
    case 'locked_out':
    case 'roamed':
    case 'away':
    case 'stuck':
    case 'leaving':
      window.go({ at: 'deployment', id: '01ada' });
      return;
    case 'teardown':
      window.go({ at: 'deployment', id: '01ada' });
      window.openTeardown('01ada');
      return;
    case 'details': {
      const one = window.screen.deployments.get('01ada');
      window.go({ at: 'deployment', id: '01ada' });
      if (one) one.picked = `node-${one.nodeList[0]?.id ?? ''}`;
      return;
    }
    case 'reach':
    case 'reach_inside':
    case 'reach_open': {
      const one = window.screen.deployments.get('01ada');
      window.go({ at: 'deployment', id: '01ada' });
      if (one) one.seen = 'reach';
      return;
    }
    case 'access':
    case 'access_wrong':
    case 'access_me':
    case 'access_off':
    case 'access_beside':
      window.go({ at: 'deployment', id: scene === 'access_beside' ? '01nlp' : '01ada' });
      await edited(scene, window);
      return;
    case 'drawer': {
      const one = window.screen.deployments.get('01ada');
      window.go({ at: 'deployment', id: '01ada' });
      if (one) one.drawer = 'cost';
      return;
    }
    case 'cost':
    case 'cost_gap': {
      const one = window.screen.deployments.get('01ada');
      window.go({ at: 'deployment', id: '01ada' });
      if (one) one.costTable = true;
      return;
    }
    case 'nodes': {
      const one = window.screen.deployments.get('01crowd');
      window.go({ at: 'deployment', id: '01crowd' });
      if (one) one.seen = 'table';
      return;
    }
    case 'palette':
      window.go({ at: 'deployment', id: '01ada' });
      window.palette.show();
      return;
    case 'merge':
    case 'merge_new':
      window.go({ at: 'deployment', id: '01ada' });
      await window.kubectl.askMerge('01ada');
      return;
    case 'masked':
      window.go({ at: 'deployment', id: '01ada' });
      await window.kubectl.show('01ada');
      return;
    case 'merged': {
      const one = window.screen.deployments.get('01ada');
      window.go({ at: 'deployment', id: '01ada' });
      if (one) one.picked = 'kubectl';
      return;
    }
    case 'size':
      window.go({ at: 'deployment', id: '01ada' });
      await window.openSize('01ada');
      if (window.size) window.size.most = 8;
      await window.size?.ask();
      return;
    case 'own_rules':
    case 'own_rules_none':
    case 'own_rules_wrong': {
      window.go({ at: 'deployment', id: '01ada' });
      await window.openRules('01ada');
      const own = window.rules?.own;
      if (scene === 'own_rules_none') return;
      own?.add();
      own?.change(1, { label: 'metrics', ports: '9090, 9100-9110', from: '192.0.2.0/28' });
      if (scene === 'own_rules_wrong') {
        own?.change(0, { label: '1st', from: '198.51.100.0/24, the office' });
        own?.change(1, { ports: '0, 80' });
      }
      await window.rules?.ask();
      return;
    }
    case 'rotate':
      window.go({ at: 'deployment', id: '01ada' });
      window.kubectl.askRotate('01ada');
      return;
    case 'readers':
      window.go({ at: 'deployment', id: '01ada' });
      await window.readers.show('01ada');
      return;
    case 'namespaces':
      window.go({ at: 'deployment', id: '01ada' });
      await window.namespaces.show('01ada');
      return;
    case 'services':
      window.go({ at: 'deployment', id: '01ada' });
      await window.services.show('01ada');
      return;
    case 'recycle_pool':
    case 'delete_node': {
      const pool = scene === 'recycle_pool';
      const one = window.screen.deployments.get('01ada');
      window.go({ at: 'deployment', id: '01ada' });
      if (one) one.picked = pool ? 'pool-system' : `node-${one.nodeList[0]?.id ?? ''}`;
      await unfold(pool ? 'recycle' : 'delete');
      return;
    }
    case 'receipt':
      window.go({ at: 'deployment', id: '01lab' });
      return;
    case 'all':
    case 'many':
      window.go({ at: 'all' });
      return;
    case 'token_close':
      window.go({ at: 'deployment', id: '01ada' });
      return;
    case 'from_cli':
      window.go({ at: 'account' });
      window.fromCli = true;
      return;
    case 'licences':
    case 'licence':
      window.go({ at: 'account' });
      window.licences.show();
      await window.licences.read();
      if (scene === 'licence') await window.licences.choose(LICENCES[1] as LicenceRow);
      return;
    case 'account':
    case 'token_over':
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
