import { describe, expect, it } from 'vitest';
import { catalog, spec } from '../backend/fixtures/catalog';
import type { Region } from '../bindings/Region';
import { cidr, corrected, offer, priceIn, ranges } from './spec';

describe('an address range', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7/32'],
    [' 203.0.113.0/24 ', '203.0.113.0/24'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['2001:db8::', '2001:db8::/128'],
    ['2001:db8::/64', '2001:db8::/64'],
    ['::1', '::1/128'],
    ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8/128'],
    ['203.0.113.256', null],
    ['203.0.113', null],
    ['203.0.113.7/33', null],
    ['203.0.113.7/', null],
    ['01.2.3.4', null],
    ['2001:db8::1::2', null],
    ['1:2:3:4:5:6:7', null],
    ['home', null],
    ['', null],
  ])('%j is %j', (text, range) => {
    expect(cidr(text)).toBe(range);
  });

  it('is taken out of a list, and what is none is named', () => {
    expect(ranges('203.0.113.7, home; ::1')).toEqual({
      good: ['203.0.113.7/32', '::1/128'],
      bad: ['home'],
    });
  });
});

describe('a correction', () => {
  it('puts a value of the same kind', () => {
    const fixed = corrected(spec, 'gpu_type', { literal: '"g2-gpu-rtx4000a1-s"' });
    expect(fixed?.gpu_type).toBe('g2-gpu-rtx4000a1-s');
    expect(corrected(spec, 'gpu_max', { literal: '7' })?.gpu_max).toBe(7);
    expect(corrected(spec, 'kubectl_access', { literal: '["::1/128"]' })?.kubectl_access).toEqual([
      '::1/128',
    ]);
  });

  it('is refused when this form cannot put it', () => {
    expect(corrected(spec, 'gpu_max', { literal: '"7"' })).toBeNull();
    expect(corrected(spec, 'whole', { literal: '1' })).toBeNull();
    expect(corrected(spec, 'region', { literal: 'var.region' })).toBeNull();
  });
});

describe('the catalog', () => {
  const region = (id: string): Region => catalog.regions.find((one) => one.id === id) as Region;
  it('says where a type can be had', () => {
    const at = ['us-ord', 'jp-osa', 'us-east'].map((id) =>
      offer(catalog, region(id), 'g2-gpu-rtx4000a1-s'),
    );
    expect(at).toEqual(['now', 'sold_out', 'never']);
    expect(offer(catalog, region('us-east'), 'g6-standard-2')).toBe('now');
  });
  it('knows a region’s own price', () => {
    const type = catalog.types[0];
    if (!type) throw new Error('no type');
    const dear = { hour: 1, month: 2 };
    expect(priceIn({ ...type, region_prices: [['jp-osa', dear]] }, 'jp-osa')).toBe(dear);
    expect(priceIn(undefined, 'jp-osa')).toBeNull();
  });
});
