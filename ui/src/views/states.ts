/** Words, icons and colours of a deployment's states, and which page shows them. */
import CircleAlert from '@lucide/svelte/icons/circle-alert';
import CircleCheck from '@lucide/svelte/icons/circle-check';
import CircleDashed from '@lucide/svelte/icons/circle-dashed';
import CircleMinus from '@lucide/svelte/icons/circle-minus';
import CirclePause from '@lucide/svelte/icons/circle-pause';
import LoaderCircle from '@lucide/svelte/icons/loader-circle';
import TriangleAlert from '@lucide/svelte/icons/triangle-alert';
import type { AppRow } from '../bindings/AppRow';
import type { DeploymentRow } from '../bindings/DeploymentRow';
import type { DeploymentState } from '../bindings/DeploymentState';
import type { NoticeAction } from '../bindings/NoticeAction';
import type { StepState } from '../bindings/StepState';
import type { IconOf, Tone } from '../parts/State.svelte';
import { m } from '../paraglide/messages.js';

export interface StateLook {
  tone: Tone;
  icon: IconOf;
  word: string;
  live: boolean;
}

export function stateLook(state: DeploymentState): StateLook {
  switch (state) {
    case 'building':
      return { tone: 'busy', icon: LoaderCircle, word: m.ui_state_building(), live: true };
    case 'running':
      return { tone: 'ok', icon: CircleCheck, word: m.ui_state_running(), live: false };
    case 'failed':
      return { tone: 'danger', icon: CircleAlert, word: m.ui_state_failed(), live: false };
    case 'interrupted':
      return { tone: 'busy', icon: CirclePause, word: m.ui_state_interrupted(), live: false };
    case 'leaving':
      return { tone: 'busy', icon: CircleMinus, word: m.ui_state_leaving(), live: true };
    case 'stuck':
      return { tone: 'danger', icon: TriangleAlert, word: m.ui_state_stuck(), live: false };
    case 'gone':
      return { tone: 'quiet', icon: CircleDashed, word: m.ui_state_gone(), live: false };
  }
}

export function stepLook(state: StepState): StateLook {
  switch (state) {
    case 'pending':
      return { tone: 'quiet', icon: CircleDashed, word: m.ui_step_pending(), live: false };
    case 'running':
      return { tone: 'busy', icon: LoaderCircle, word: m.ui_step_running(), live: true };
    case 'late':
      return { tone: 'busy', icon: TriangleAlert, word: m.ui_step_late(), live: true };
    case 'done':
      return { tone: 'ok', icon: CircleCheck, word: m.ui_step_done(), live: false };
    case 'failed':
      return { tone: 'danger', icon: CircleAlert, word: m.ui_step_failed(), live: false };
  }
}

export function actionWord(action: NoticeAction, purpose: DeploymentRow['purpose']): string {
  switch (action) {
    case 'continue':
      return m.ui_action_continue();
    case 'roll_back':
      return m.ui_action_roll_back();
    case 'keep':
      return purpose === 'tear_down' ? m.ui_action_leave() : m.ui_action_keep();
    case 'stop_hour_later':
      return m.ui_action_stop_hour();
    case 'stop_four_hours_later':
      return m.ui_action_stop_four_hours();
    case 'stop_never':
      return m.ui_action_stop_never();
    case 'ask_address':
      return m.ui_action_ask_address();
    case 'allow_address':
      return m.ui_action_allow_address();
    case 'replace_address':
      return m.ui_action_replace_address();
  }
}

/** Which page shows a deployment. */
export type Shown = 'under_way' | 'leaving' | 'running' | 'gone';

export function shown(row: DeploymentRow): Shown {
  switch (row.state) {
    case 'running':
      return 'running';
    case 'gone':
      return 'gone';
    case 'leaving':
      return 'leaving';
    case 'building':
      return 'under_way';
    case 'failed':
    case 'interrupted':
    case 'stuck':
      return row.purpose === 'tear_down' || row.purpose === 'roll_back' ? 'leaving' : 'under_way';
  }
}

/** What a person may do with a deployment now; of another account's or computer's nothing. */
export interface May {
  kubeconfig: boolean;
  cancel: boolean;
  tearDown: boolean;
  editAccess: boolean;
  resize: boolean;
  recycle: boolean;
  deleteNode: boolean;
  open: boolean;
  act: boolean;
}

export function can(row: DeploymentRow): May {
  const page = shown(row);
  const waits = row.state === 'failed' || row.state === 'interrupted' || row.state === 'stuck';
  const own = row.here && row.whose === 'here';
  return {
    kubeconfig: own && row.kubeconfig && page !== 'gone' && page !== 'leaving',
    cancel: own && row.state === 'building',
    tearDown: own && (row.state === 'running' || waits),
    editAccess: own && row.state === 'running',
    resize: own && row.state === 'running',
    recycle:
      own && (row.state === 'running' || (row.state === 'failed' && row.purpose === 'create')),
    deleteNode: own && row.state === 'running',
    open: own && row.state === 'running',
    act: own,
  };
}

/** Which cloud the window stands on, and whether it charges. */
export function cloudWord(app: AppRow | null): string | null {
  if (app === null) return null;
  if (app.cloud === 'demo') return m.ui_cloud_demo();
  return app.account === null
    ? m.ui_cloud_linode()
    : m.ui_cloud_account({ name: app.account.user });
}
