/** What can be done from the palette: in the whole window, and with the deployment on view. */
import type { Theme } from '../backend';
import type { DeploymentRow } from '../bindings/DeploymentRow';
import { m } from '../paraglide/messages.js';
import { rate } from '../parts/format';
import type { App } from '../state/app.svelte';
import type { Command, Group } from '../state/commands';
import { actionWord, can, stateLook } from './states';

const THEMES: Record<Theme, () => string> = {
  system: m.ui_theme_system,
  light: m.ui_theme_light,
  dark: m.ui_theme_dark,
};

type Make = (
  id: string,
  group: Group,
  label: string,
  run: () => void,
  more?: Partial<Command>,
) => Command;
const make: Make = (id, group, label, run, more = {}) => ({ id, group, label, run, ...more });

/** Always there: every cluster, every page, every setting. */
export function everywhere(app: App): Command[] {
  const row = app.screen.app;
  const clusters = app.screen.list.map(({ deployment, row }) =>
    make(
      `cluster-${deployment.id}`,
      'clusters',
      row.label,
      () => {
        app.go({ at: 'deployment', id: deployment.id });
      },
      {
        hint: [
          stateLook(row.state).word,
          row.picture.region_label,
          ...(row.state === 'gone' ? [] : [rate(row.rate)]),
        ].join(' · '),
        also: row.picture.region,
      },
    ),
  );
  const go = (id: string, label: string, at: 'new' | 'all' | 'account'): Command =>
    make(id, 'do', label, () => {
      app.go({ at });
    });
  const spec = app.form.spec;
  const themes = (Object.keys(THEMES) as Theme[])
    .filter((theme) => theme !== app.theme)
    .map((theme) =>
      make(
        `theme-${theme}`,
        'window',
        m.ui_look_is({ look: THEMES[theme]() }),
        () => void app.setTheme(theme),
      ),
    );
  return [
    ...clusters,
    go('new', m.ui_new_cluster(), 'new'),
    ...(app.screen.list.length > 0 ? [go('all', m.ui_all_clusters(), 'all')] : []),
    make('open-tfvars', 'do', m.ui_open_tfvars(), () => void app.openFile()),
    ...(spec && app.page.at === 'new'
      ? [
          make(
            'save-tfvars',
            'here',
            m.ui_save_tfvars(),
            () => void app.intend(() => app.backend.saveTfvars(spec)),
          ),
          ...(app.form.reviewable
            ? [
                make('review', 'here', m.ui_review(), () => {
                  app.go({ at: 'review' });
                }),
              ]
            : []),
        ]
      : []),
    go('settings', m.ui_settings(), 'account'),
    make('licences', 'window', m.ui_licences_show(), () => {
      app.licences.show();
    }),
    ...(row?.cloud === 'linode'
      ? [make('use-demo', 'window', m.ui_use_demo(), () => void app.useCloud('demo'))]
      : []),
    ...(row?.cloud === 'demo' && row.account
      ? [make('use-linode', 'window', m.ui_use_linode(), () => void app.useCloud('linode'))]
      : []),
    ...themes,
  ];
}

type Here = (id: string, label: string, run: () => void) => Command;

function kubeconfig(app: App, row: DeploymentRow, here: Here): Command[] {
  const { kubectl } = app;
  const of = (what: string): string => `${m.ui_kubeconfig()}: ${what}`;
  return [
    here('kubeconfig-copy', of(m.ui_kubeconfig_copy()), () => void kubectl.copy(row.id)),
    here('kubeconfig-show', of(m.ui_kubeconfig_show()), () => void kubectl.show(row.id)),
    here(
      'kubeconfig-merge',
      row.merged ? m.ui_kubeconfig_merge_again() : m.ui_kubeconfig_merge(),
      () => void kubectl.askMerge(row.id),
    ),
    ...(row.merged
      ? [here('kubeconfig-unmerge', m.ui_kubeconfig_unmerge(), () => void kubectl.unmerge(row.id))]
      : []),
    here('kubeconfig-readers', m.ui_readers(), () => void app.readers.show(row.id)),
    here('kubeconfig-rotate', m.ui_kubeconfig_rotate(), () => {
      kubectl.askRotate(row.id);
    }),
  ];
}

/** The page of one deployment, turned to who can reach what. */
function showReach(app: App, id: string): void {
  const one = app.screen.deployments.get(id);
  app.go({ at: 'deployment', id });
  if (one) one.seen = 'reach';
}

/** With one deployment. */
export function withDeployment(app: App, row: DeploymentRow): Command[] {
  const may = can(row);
  const hint = row.prefix;
  const here: Here = (id, label, run) => make(id, 'here', label, run, { hint });
  return [
    ...(may.kubeconfig
      ? [here('kubeconfig', m.ui_kubeconfig(), () => void app.saveKubeconfig(row.id))]
      : []),
    ...(may.act && row.notice
      ? row.notice.actions.map((action) =>
          here(
            `notice-${action}`,
            actionWord(action, row.purpose),
            () => void app.act(row.id, action),
          ),
        )
      : []),
    ...(may.cancel ? [here('cancel', m.ui_stop_and_undo(), () => void app.cancel(row.id))] : []),
    ...(may.tearDown
      ? [
          here('tear-down', m.ui_tear_down(), () => {
            app.openTeardown(row.id);
          }),
        ]
      : []),
    ...(row.here && row.state !== 'gone'
      ? [here('save-cost', m.ui_save_csv(), () => void app.saveCost(row.id))]
      : []),
    ...(may.kubeconfig ? kubeconfig(app, row, here) : []),
    ...(may.open
      ? [
          here('services', m.ui_open_services(), () => void app.services.show(row.id)),
          here('namespaces', m.ui_namespaces(), () => void app.namespaces.show(row.id)),
        ]
      : []),
    ...(may.resize ? [here('size', m.ui_size_change(), () => void app.openSize(row.id))] : []),
    ...(may.resize ? [here('rules', m.ui_rules_change(), () => void app.openRules(row.id))] : []),
    ...(may.editAccess
      ? [
          here(
            'edit-access',
            m.ui_access_edit(),
            () => void app.access.edit(row.id, row.picture.access_list.addresses ?? []),
          ),
        ]
      : []),
    ...(row.state === 'running' && row.reach
      ? [
          here('reach', m.ui_reach(), () => {
            showReach(app, row.id);
          }),
        ]
      : []),
    ...(row.receipt
      ? [here('save-receipt', m.ui_save_receipt(), () => void app.saveReceipt(row.id))]
      : []),
  ];
}
