/**
 * All that the first page does not show. It is one piece, loaded while the first page is looked at,
 * so that the window starts sooner and nothing is waited for later.
 */
export { default as AccessDialog } from './AccessDialog.svelte';
export { default as Account } from './Account.svelte';
export { default as DeploymentPage } from './DeploymentPage.svelte';
export { default as KubectlDialogs } from './KubectlDialogs.svelte';
export { default as LicencesDialog } from './LicencesDialog.svelte';
export { default as NamespacesDialog } from './NamespacesDialog.svelte';
export { default as NewCluster } from './NewCluster.svelte';
export { default as NodesDialog } from './NodesDialog.svelte';
export { default as PaletteDialog } from './PaletteDialog.svelte';
export { default as ReadersDialog } from './ReadersDialog.svelte';
export { default as ReviewPage } from './ReviewPage.svelte';
export { default as RulesDialog } from './RulesDialog.svelte';
export { default as ServicesDialog } from './ServicesDialog.svelte';
export { default as SizeDialog } from './SizeDialog.svelte';
export { default as TeardownDialog } from './TeardownDialog.svelte';
