import { describe, expect, it, vi } from 'vitest';
import { SCENES, type Scene } from '../backend/scenes';
import { SHOWN } from '../look';
import { eachInItsOwn, open } from './opened';

eachInItsOwn();

/** What a person would read that nobody wrote: a code, a missing value, an object. */
const UNWRITTEN =
  /\b(step|note|done|failed|activity|item|thing|teardown|needs|cloud|weather|partial|reach|path|access|cut|cidr|guard|locked|kubectl|prefix|gpu)_[a-z_]+\b|undefined|NaN|\[object/;

describe.each(SCENES)('%s', (scene) => {
  it('says everything in words', async () => {
    await open(scene);
    const said = document.body.textContent.replaceAll(/lke:|read_write|[a-z]+:read_write/g, '');
    expect(UNWRITTEN.exec(said)?.[0]).toBeUndefined();
  });
});

describe('the list of scenes', () => {
  it.each(Object.entries(SHOWN.page))('leads to the page %s', async (page, scene) => {
    const { app } = await open(scene);
    expect(app.page.at).toBe(page);
  });

  it.each(Object.entries(SHOWN.over))('has %s over the page', async (over, scene) => {
    const { app } = await open(scene);
    expect(app.over).toBe(over);
  });

  type Kind = [string, Scene, () => Element | null];
  const kinds: Kind[] = [
    ...Object.entries(SHOWN.deployment).map(([state, scene]): Kind => [
      `a deployment that is ${state}`,
      scene,
      () => document.querySelector(`[data-testid=deployment-state][data-state=${state}]`),
    ]),
    ...Object.entries(SHOWN.step).map(([state, scene]): Kind => [
      `a step that is ${state}`,
      scene,
      () => document.querySelector(`[data-testid^=step-][data-state=${state}]`),
    ]),
    ...Object.entries(SHOWN.node).map(([state, scene]): Kind => [
      `a node that is ${state}`,
      scene,
      () => document.querySelector(`[data-part][data-node-state=${state}]`),
    ]),
    ...Object.entries(SHOWN.tense).map(([tense, scene]): Kind => [
      `a part that is ${tense}`,
      scene,
      () => document.querySelector(`[data-part][data-tense=${tense}]`),
    ]),
    ...Object.entries(SHOWN.tone).map(([tone, scene]): Kind => [
      `a notice of tone ${tone}`,
      scene,
      () => document.querySelector(`[data-testid=notice].${tone}`),
    ]),
    ...Object.entries(SHOWN.whose).map(([whose, scene]): Kind => [
      `a deployment that is looked after ${whose}`,
      scene,
      () => document.querySelector(`[data-testid=deployment-state][data-whose=${whose}]`),
    ]),
    ...Object.entries(SHOWN.weather).map(([kind, scene]): Kind => [
      `a cloud that is ${kind}`,
      scene,
      () => document.querySelector(`[data-testid=weather][data-kind=${kind}]`),
    ]),
    ...Object.entries(SHOWN.path).map(([state, scene]): Kind => [
      `a path that is ${state}`,
      scene,
      () => document.querySelector(`[data-testid=reach-paths] [data-state=${state}]`),
    ]),
    ...Object.entries(SHOWN.cloud).map(([cloud, scene]): Kind => [
      `the cloud ${cloud}`,
      scene,
      () => document.querySelector(`[data-testid=cloud-badge][data-cloud=${cloud}]`),
    ]),
  ];
  it.each(kinds)('shows %s in %s', async (_, scene, find) => {
    await open(scene);
    await vi.waitFor(() => {
      expect(find()).not.toBeNull();
    });
  });
});
