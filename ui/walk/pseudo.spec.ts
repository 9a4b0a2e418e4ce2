/** Every scene in a language that nobody speaks: English on the screen did not come from the catalogue. */
import { expect, test } from '@playwright/test';
import { pseudo } from '../pseudo';
import { replay } from '../src/backend/replay';
import { SCENES, type Scene } from '../src/backend/scenes';
import { texts, unreadable } from './checks';
import { open, settle } from './site';

/** Names that are the same in every language, and what Intl says of months and lists. */
const NAMES = 'Quaylight Linode Kubeflow kubectl Kubernetes lke Oct Nov Dec and tfvars tofu Ctrl K';
/** Fields of the view that hold what a cloud or a person named, and never our words. */
const NAMED = new Set(
  (
    'label prefix region region_label id short title instance_type kubernetes_version addresses from ' +
    'ui_list kubectl_access ui_access user last4 scopes missing_scopes version file literal detail ' +
    'instance_status confirm tags gpu_type available sold_out value what_ports regions types versions path context current ' +
    'labels taints cards holders why'
  ).split(' '),
);

function words(text: string): string[] {
  return text.match(/[a-zA-Z]+/g) ?? [];
}

/** All words that a scene's data names. */
function named(value: unknown, key: string, into: Set<string>): void {
  if (typeof value === 'string') {
    if (NAMED.has(key)) words(value).forEach((one) => into.add(one));
  } else if (Array.isArray(value)) {
    value.forEach((one) => {
      named(one, key, into);
    });
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, inner] of Object.entries(value)) {
      // A rule says `TCP 53`; anything else that is called `what` is a text with a code.
      const ports = name === 'what' && typeof inner === 'string';
      named(inner, ports ? 'what_ports' : name, into);
    }
  }
}

async function data(scene: Scene): Promise<Set<string>> {
  const found = new Set(words(NAMES));
  const backend = replay(scene);
  await backend.subscribe((update) => {
    named(update, '', found);
  });
  const spec = await backend.startForm();
  const asked = [
    spec,
    await backend.catalog(),
    await backend.review(spec).catch((problem: unknown) => problem),
    await backend.openTfvars(),
    await backend.reviewRules('01ada', null),
    { label: (await backend.namespaces('01ada')).map((one) => one.name) },
    // What the scenes type into rules.
    { literal: ['metrics', '1st', 'web'] },
    await backend.reviewTeardown('01ada', []),
    await backend.receipt('01lab'),
    { literal: Object.values(await backend.places()) },
    await backend.searchAccount(),
    await backend.connectAccount(''),
    await backend.saveKubeconfig('01ada').catch((problem: unknown) => problem),
    // A kubeconfig is the words of kubectl, whole.
    { literal: await backend.showKubeconfig('01ada') },
    { literal: (await backend.previewMerge('01ada', true)).lines.map((one) => one.text) },
    await backend.previewMerge('01ada', true),
    await backend.accessList('01ada'),
    { literal: (await backend.readers('01ada')).map((one) => one.name) },
    { literal: (await backend.addressAsking()).services },
    // Services, and what their ports are called.
    { literal: JSON.stringify(await backend.services('01ada')) },
    // What others called their work, and their licences.
    { literal: (await backend.licences()).flatMap((one) => [one.name, one.licence]) },
    { literal: await backend.licenceText('npm', 'svelte', '') },
  ];
  asked.forEach((one) => {
    named(one, '', found);
  });
  return found;
}

test('a text that is not in the catalogue is seen', async ({ page }) => {
  await page.setContent(`<p>${pseudo('All clusters')}</p><p title="By hand">ada</p>`);
  const left = (await page.evaluate(texts)).flatMap(words);
  expect(left).toEqual(['By', 'hand', 'ada']);
  expect(pseudo('${i?.n} of them')).toBe('${i?.n} ōƒ ţĥēɱōō');
});

for (const scene of SCENES) {
  test(`${scene} in another language`, async ({ page }) => {
    await page.setViewportSize({ width: 1360, height: 850 });
    await open(page, scene, 'dist-pseudo');
    const known = await data(scene);
    const english = (await page.evaluate(texts)).filter((text) =>
      words(text).some((one) => !known.has(one)),
    );
    expect.soft(english, 'not from the catalogue').toEqual([]);
    expect.soft(await page.evaluate(unreadable), 'text that is a third longer').toEqual([]);
    await page.setViewportSize({ width: 800, height: 700 });
    await settle(page);
    expect.soft(await page.evaluate(unreadable), 'the same at 800 px').toEqual([]);
  });
}
