/** The app behind the window: the only file that speaks to Tauri. */
import { Channel, invoke } from '@tauri-apps/api/core';
import type { Update } from '../bindings/Update';
import type { Backend } from './index';

export const tauri: Backend = {
  subscribe(hear) {
    const channel = new Channel<Update>();
    channel.onmessage = hear;
    return invoke('subscribe', { channel });
  },
  startForm: () => invoke('start_form'),
  catalog: () => invoke('catalog'),
  review: (spec) => invoke('review', { spec }),
  myAddresses: () => invoke('my_addresses'),
  addressAsking: () => invoke('address_asking'),
  alwaysAskAddress: (always) => invoke('always_ask_address', { always }),
  accessList: (deployment) => invoke('access_list', { deployment }),
  checkAccess: (list) => invoke('check_access', { list }),
  editAccess: (deployment, add, remove, withoutMe) =>
    invoke('edit_access', { deployment, add, remove, withoutMe }),
  guardBalancer: (deployment, service) => invoke('guard_balancer', { deployment, service }),
  setController: (deployment, on) => invoke('set_controller', { deployment, on }),
  reviewRules: (deployment, rules) => invoke('review_rules', { deployment, rules }),
  reviewSize: (deployment, atLeast, atMost) =>
    invoke('review_size', { deployment, atLeast, atMost }),
  deploy: (plan, unknownPrice) => invoke('deploy', { plan, unknownPrice }),
  cancel: (deployment) => invoke('cancel', { deployment }),
  act: (deployment, action) => invoke('act', { deployment, action }),
  takeOver: (deployment) => invoke('take_over', { deployment }),
  reviewRecycle: (deployment, node) => invoke('review_recycle', { deployment, node }),
  recycle: (deployment, node) => invoke('recycle', { deployment, node }),
  reviewDeleteNode: (deployment, node) => invoke('review_delete_node', { deployment, node }),
  deleteNode: (deployment, node) => invoke('delete_node', { deployment, node }),
  reviewTeardown: (deployment, remove) => invoke('review_teardown', { deployment, delete: remove }),
  tearDown: (deployment, typed, remove) =>
    invoke('tear_down', { deployment, typed, delete: remove }),
  saveKubeconfig: (deployment) => invoke('save_kubeconfig', { deployment }),
  copyKubeconfig: (deployment) => invoke('copy_kubeconfig', { deployment }),
  showKubeconfig: (deployment) => invoke('show_kubeconfig', { deployment }),
  previewMerge: (deployment, current) => invoke('preview_merge', { deployment, current }),
  mergeKubeconfig: (deployment, current, seen) =>
    invoke('merge_kubeconfig', { deployment, current, seen }),
  unmergeKubeconfig: (deployment) => invoke('unmerge_kubeconfig', { deployment }),
  rotateKubeconfig: (deployment) => invoke('rotate_kubeconfig', { deployment }),
  namespaces: (deployment) => invoke('namespaces', { deployment }),
  setPolicy: (deployment, namespace, on) => invoke('set_policy', { deployment, namespace, on }),
  readers: (deployment) => invoke('readers', { deployment }),
  saveReader: (deployment, name, hours) => invoke('save_reader', { deployment, name, hours }),
  revokeReader: (deployment, name) => invoke('revoke_reader', { deployment, name }),
  services: (deployment) => invoke('services', { deployment }),
  openService: (deployment, service, port) => invoke('open_service', { deployment, service, port }),
  closeService: (deployment, local) => invoke('close_service', { deployment, local }),
  saveCost: (deployment) => invoke('save_cost', { deployment }),
  receipt: (deployment) => invoke('receipt', { deployment }),
  saveReceipt: (deployment) => invoke('save_receipt', { deployment }),
  openTfvars: () => invoke('open_tfvars'),
  saveTfvars: (spec) => invoke('save_tfvars', { spec }),
  connectAccount: (token) => invoke('connect_account', { token }),
  connectFromCli: () => invoke('connect_from_cli'),
  forgetAccount: () => invoke('forget_account'),
  useCloud: (cloud) => invoke('use_cloud', { cloud }),
  searchAccount: () => invoke('search_account'),
  setTheme: (theme) => invoke('set_theme', { theme }),
  setNotify: (notify) => invoke('set_notify', { notify }),
  preferences: () => invoke('preferences'),
  places: () => invoke('places'),
  saveDiagnostics: () => invoke('save_diagnostics'),
  licences: () => invoke('licences'),
  licenceText: (origin, name, version) => invoke('licence_text', { origin, name, version }),
};
