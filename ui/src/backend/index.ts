/** The one seam between the window and what is behind it. */
import type { AccessEnd } from '../bindings/AccessEnd';
import type { AccessShown } from '../bindings/AccessShown';
import type { AccountCard } from '../bindings/AccountCard';
import type { AccountSearch } from '../bindings/AccountSearch';
import type { AddressAsking } from '../bindings/AddressAsking';
import type { Catalog } from '../bindings/Catalog';
import type { CloudKind } from '../bindings/CloudKind';
import type { DeploymentId } from '../bindings/DeploymentId';
import type { Diagnostic } from '../bindings/Diagnostic';
import type { LicenceOrigin } from '../bindings/LicenceOrigin';
import type { LicenceRow } from '../bindings/LicenceRow';
import type { MergedContext } from '../bindings/MergedContext';
import type { MergePreview } from '../bindings/MergePreview';
import type { NoticeAction } from '../bindings/NoticeAction';
import type { OpenedService } from '../bindings/OpenedService';
import type { OpenView } from '../bindings/OpenView';
import type { Places } from '../bindings/Places';
import type { PlanId } from '../bindings/PlanId';
import type { Problem } from '../bindings/Problem';
import type { Reader } from '../bindings/Reader';
import type { ReceiptView } from '../bindings/ReceiptView';
import type { NodesReview } from '../bindings/NodesReview';
import type { FirewallRule } from '../bindings/FirewallRule';
import type { NamespaceRow } from '../bindings/NamespaceRow';
import type { Review } from '../bindings/Review';
import type { Spec } from '../bindings/Spec';
import type { TeardownReview } from '../bindings/TeardownReview';
import type { Update } from '../bindings/Update';

/** Which colours the window wears. */
export type Theme = 'system' | 'light' | 'dark';

/** What the window remembers. No secret, no truth. */
export interface Preferences {
  theme: Theme;
  /** Whether news are told outside of the window. */
  notify: boolean;
}

/** A tofu.tfvars that was opened. */
export interface OpenedFile {
  /** Its name, without its folder. */
  file: string;
  spec: Spec;
  /** Problems with their line and column. */
  diagnostics: Diagnostic[];
}

/** The intents. Each rejects with a `Problem`. */
export interface Backend {
  /** A snapshot first, then deltas; called again after a gap. */
  subscribe(hear: (update: Update) => void): Promise<void>;
  startForm(): Promise<Spec>;
  catalog(): Promise<Catalog>;
  review(spec: Spec): Promise<Review>;
  /** The own address as a CIDR. */
  myAddresses(): Promise<string[]>;
  /** Who is told by that, and whether it may be asked for without a click. */
  addressAsking(): Promise<AddressAsking>;
  alwaysAskAddress(always: boolean): Promise<void>;
  /** The access list as the cloud has it now. */
  accessList(deployment: DeploymentId): Promise<AccessShown>;
  /** What is wrong with a list as it was typed. */
  checkAccess(list: string[]): Promise<Diagnostic[]>;
  /** Answers when the cloud shows that it is enforced. `withoutMe`: the own address may go. */
  editAccess(
    deployment: DeploymentId,
    add: string[],
    remove: string[],
    withoutMe: boolean,
  ): Promise<AccessEnd>;
  /** Only the list for web UIs gets through a load balancer; answers when that is read back. */
  guardBalancer(deployment: DeploymentId, service: string): Promise<AccessEnd>;
  /** The controller in the cluster keeps the firewall before the nodes, or the app does again. */
  setController(deployment: DeploymentId, on: boolean): Promise<AccessEnd>;
  /** What other bounds of the autoscaler would change and cost; its plan is accepted by `deploy`. */
  /** What other firewall rules would change; `null`: those that stand. */
  reviewRules(deployment: DeploymentId, rules: FirewallRule[] | null): Promise<Review>;
  reviewSize(deployment: DeploymentId, atLeast: number, atMost: number): Promise<Review>;
  deploy(plan: PlanId, unknownPrice: boolean): Promise<DeploymentId>;
  cancel(deployment: DeploymentId): Promise<void>;
  act(deployment: DeploymentId, action: NoticeAction): Promise<void>;
  /** Looks after it from now on, in the place of another computer. */
  takeOver(deployment: DeploymentId): Promise<void>;
  /** What recycling a node costs and breaks, or each of a pool, which is named by its role. */
  reviewRecycle(deployment: DeploymentId, node: string): Promise<NodesReview>;
  recycle(deployment: DeploymentId, node: string): Promise<void>;
  /** What deleting a node spares and breaks. */
  reviewDeleteNode(deployment: DeploymentId, node: string): Promise<NodesReview>;
  deleteNode(deployment: DeploymentId, node: string): Promise<void>;
  reviewTeardown(deployment: DeploymentId, remove: number[]): Promise<TeardownReview>;
  tearDown(deployment: DeploymentId, typed: string, remove: number[]): Promise<void>;
  /** `false`: the dialog was closed. */
  saveKubeconfig(deployment: DeploymentId): Promise<boolean>;
  /** To the system's clipboard; it never comes to the window. */
  copyKubeconfig(deployment: DeploymentId): Promise<void>;
  /** With its secrets masked. */
  showKubeconfig(deployment: DeploymentId): Promise<string>;
  /** What a merge into the file that kubectl reads would change. */
  previewMerge(deployment: DeploymentId, current: boolean): Promise<MergePreview>;
  /** Merges into the file that was shown. */
  mergeKubeconfig(deployment: DeploymentId, current: boolean, seen: string): Promise<MergedContext>;
  unmergeKubeconfig(deployment: DeploymentId): Promise<void>;
  /** Makes new credentials; all that were given out cease to work. */
  rotateKubeconfig(deployment: DeploymentId): Promise<void>;
  /** Who was given a read-only kubeconfig. */
  namespaces(deployment: DeploymentId): Promise<NamespaceRow[]>;
  /** The preset that shuts a namespace off, there or not. */
  setPolicy(deployment: DeploymentId, namespace: string, on: boolean): Promise<void>;
  readers(deployment: DeploymentId): Promise<Reader[]>;
  /** Makes one and saves it; `null`: the dialog was closed, and nothing was made. */
  saveReader(deployment: DeploymentId, name: string | null, hours: number): Promise<Reader | null>;
  revokeReader(deployment: DeploymentId, name: string): Promise<void>;
  /** Services that can be opened in the browser, and those that are. */
  services(deployment: DeploymentId): Promise<OpenView>;
  /** Opens one in the system's browser, through a port of this computer. */
  openService(deployment: DeploymentId, service: string, port: number): Promise<OpenedService>;
  closeService(deployment: DeploymentId, local: number): Promise<void>;
  saveCost(deployment: DeploymentId): Promise<boolean>;
  receipt(deployment: DeploymentId): Promise<ReceiptView>;
  saveReceipt(deployment: DeploymentId): Promise<boolean>;
  openTfvars(): Promise<OpenedFile | null>;
  saveTfvars(spec: Spec): Promise<boolean>;
  /** The token goes through once and is kept nowhere in the window. */
  connectAccount(token: string): Promise<AccountCard>;
  /** Takes the token over from linode-cli's own file. */
  connectFromCli(): Promise<AccountCard>;
  forgetAccount(): Promise<void>;
  useCloud(cloud: CloudKind): Promise<void>;
  /** What else costs on the account; it is shown and never touched. */
  searchAccount(): Promise<AccountSearch>;
  setTheme(theme: Theme): Promise<void>;
  setNotify(notify: boolean): Promise<void>;
  preferences(): Promise<Preferences>;
  places(): Promise<Places>;
  saveDiagnostics(): Promise<boolean>;
  /** What the program is built of. */
  licences(): Promise<LicenceRow[]>;
  /** The texts that a piece brings; `null`: none. */
  licenceText(origin: LicenceOrigin, name: string, version: string): Promise<string | null>;
}

function isProblem(what: unknown): what is Problem {
  return typeof what === 'object' && what !== null && 'code' in what && 'what' in what;
}

/** Whatever was thrown, as a Problem. */
export function asProblem(thrown: unknown): Problem {
  if (isProblem(thrown)) return thrown;
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  return {
    code: 'ui_unexpected',
    what: { code: 'ui_unexpected', params: {} },
    why: null,
    fix: null,
    detail,
  };
}
