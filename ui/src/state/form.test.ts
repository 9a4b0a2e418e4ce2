import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { spec } from '../backend/fixtures/catalog';
import { review } from '../backend/fixtures/review';
import { replay } from '../backend/replay';
import type { Review } from '../bindings/Review';
import { Form } from './form.svelte';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(200);

async function opened(scene: 'new' | 'errors' = 'new') {
  const backend = replay(scene);
  const asked: string[] = [];
  const answer = backend.review.bind(backend);
  backend.review = (one) => {
    asked.push(one.prefix);
    return answer(one);
  };
  const form = new Form(backend, (thrown) => {
    throw thrown;
  });
  await form.open();
  await settle();
  asked.length = 0;
  return { form, backend, asked };
}

describe('the form', () => {
  it('says since when no price could be read, until one is', async () => {
    const { form, backend } = await opened();
    const answer = backend.review.bind(backend);
    const failed: unknown[] = [];
    const other = new Form(
      backend,
      (thrown) => failed.push(thrown),
      () => 7,
    );
    backend.review = () => Promise.reject(new Error('offline'));
    await other.open();
    await settle();
    expect([other.unreadAt, other.reviewable, failed.length > 0]).toEqual([7, false, true]);
    backend.review = answer;
    await other.ask();
    expect(other.unreadAt).toBeNull();
    expect(form.unreadAt).toBeNull();
  });

  it('asks once, a moment after the last key', async () => {
    const { form, asked } = await opened();
    for (const prefix of ['a', 'ad', 'ada']) form.edit({ prefix });
    expect(form.asking).toBe(true);
    expect(asked).toEqual([]);
    await settle();
    expect(asked).toEqual(['ada']);
    expect(form.asking).toBe(false);
  });

  it('believes the answer to the last question only', async () => {
    const { form, backend } = await opened();
    const answers: ((one: Review) => void)[] = [];
    backend.review = () => new Promise((resolve) => answers.push(resolve));
    void form.ask();
    void form.ask();
    answers[1]?.(review({ ...spec, prefix: 'second' }));
    answers[0]?.(review({ ...spec, prefix: 'first' }));
    await settle();
    expect(form.review?.spec.prefix).toBe('second');
  });

  it('asks for the own address only on request, and lets browsers follow', async () => {
    const { form } = await opened();
    expect(form.reviewable).toBe(false);
    await form.useMyAddress();
    await settle();
    expect(form.spec?.kubectl_access).toEqual(['203.0.113.7/32']);
    expect(form.spec?.ui_access).toEqual(['203.0.113.7/32']);
    expect(form.reviewable).toBe(true);
  });

  it('takes an address of each family', async () => {
    const { form, backend } = await opened();
    const both = ['203.0.113.7/32', '2001:db8::7/128'];
    backend.myAddresses = () => Promise.resolve(both);
    await form.useMyAddress();
    await settle();
    expect(form.spec?.kubectl_access).toEqual(both);
    expect(form.accessText).toBe(both.join(', '));
  });

  it('keeps what is no address out of the Spec and says so', async () => {
    const { form } = await opened();
    form.setAccess('203.0.113.7, home');
    await settle();
    expect(form.spec?.kubectl_access).toEqual(['203.0.113.7/32']);
    expect([form.badRanges, form.reviewable]).toEqual([['home'], false]);
  });

  it('corrects with one click', async () => {
    const { form } = await opened('errors');
    const wrong = form.at('gpu_type')[0];
    if (!wrong) throw new Error('the fixture is wrong about its type');
    form.correct(wrong);
    await settle();
    expect(form.spec?.gpu_type).toBe('g2-gpu-rtx4000a1-s');
    expect(form.at('gpu_type')).toEqual([]);
  });

  it('holds a file’s problem until its field is edited', async () => {
    const { form } = await opened();
    await form.openFile();
    await settle();
    expect(form.diagnostics.map((one) => one.place?.line)).toEqual([12]);
    form.edit({ gpu_type: 'g2-gpu-rtx4000a1-s' }, 'gpu_type');
    await settle();
    expect(form.diagnostics).toEqual([]);
    expect(form.reviewable).toBe(true);
  });

  it('lets the lower bound follow a smaller start', async () => {
    const { form } = await opened();
    form.edit({ gpu_min: 3, gpu_count: 3 });
    form.setCount(2);
    expect([form.spec?.gpu_count, form.spec?.gpu_min]).toEqual([2, 2]);
    form.setCount(4);
    expect([form.spec?.gpu_count, form.spec?.gpu_min]).toEqual([4, 2]);
  });
});
