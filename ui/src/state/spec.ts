/** Edits of a Spec: pure. */
import type { Catalog } from '../bindings/Catalog';
import type { Correction } from '../bindings/Correction';
import type { Field } from '../bindings/Field';
import type { InstanceType } from '../bindings/InstanceType';
import type { Price } from '../bindings/Price';
import type { Region } from '../bindings/Region';
import type { Spec } from '../bindings/Spec';

/** The address range that a text means, with `/32` or `/128` added to a bare address. */
export function cidr(text: string): string | null {
  const [address, bits, more] = text.trim().split('/');
  if (!address || more !== undefined) return null;
  const v6 = address.includes(':');
  if (v6 ? !isV6(address) : !isV4(address)) return null;
  const width = v6 ? 128 : 32;
  if (bits === undefined) return `${address}/${String(width)}`;
  return /^\d{1,3}$/.test(bits) && Number(bits) <= width ? `${address}/${bits}` : null;
}

function isV4(address: string): boolean {
  const parts = address.split('.');
  return parts.length === 4 && parts.every((one) => /^(0|[1-9]\d{0,2})$/.test(one) && +one < 256);
}

function isV6(address: string): boolean {
  const halves = address.split('::');
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  return (
    groups.every((one) => /^[0-9a-f]{1,4}$/i.test(one)) &&
    (halves.length === 2 ? groups.length < 8 : groups.length === 8)
  );
}

/** The ranges of a comma-separated text, and those of its parts that are none. */
export function ranges(text: string): { good: string[]; bad: string[] } {
  const parts = text
    .split(/[\s,;]+/)
    .map((one) => one.trim())
    .filter((one) => one !== '');
  const read = parts.map((one) => ({ one, range: cidr(one) }));
  return {
    good: read.flatMap(({ range }) => (range === null ? [] : [range])),
    bad: read.flatMap(({ one, range }) => (range === null ? [one] : [])),
  };
}

const WHERE: Partial<Record<Field, keyof Spec>> = {
  prefix: 'prefix',
  region: 'region',
  kubernetes_version: 'kubernetes_version',
  gpu_type: 'gpu_type',
  gpu_count: 'gpu_count',
  gpu_min: 'gpu_min',
  gpu_max: 'gpu_max',
  ha: 'ha',
  kubectl_access: 'kubectl_access',
  ui_access: 'ui_access',
  tags: 'tags',
  gpu_slices: 'gpu_slices',
};

/** The Spec with a correction put in; `null` when this form cannot put it. */
export function corrected(spec: Spec, field: Field, correction: Correction): Spec | null {
  const key = WHERE[field];
  if (key === undefined) return null;
  try {
    const value: unknown = JSON.parse(correction.literal);
    const before = spec[key];
    const same = before === null || (typeof before === typeof value && value !== null);
    return same ? { ...spec, [key]: value } : null;
  } catch {
    return null;
  }
}

/** Whether an instance type can be had in a region now. */
export type Offer = 'now' | 'sold_out' | 'never';

/** As Rust's `Catalog::offers`: a type that no region limits can be had everywhere. */
export function offer(catalog: Catalog, region: Region, type: string): Offer {
  if (region.available.includes(type)) return 'now';
  if (region.sold_out.includes(type)) return 'sold_out';
  const limited = catalog.regions.some(
    (one) => one.available.includes(type) || one.sold_out.includes(type),
  );
  return limited ? 'never' : 'now';
}

/** What an instance type costs in a region; `null`: unknown. */
export function priceIn(type: InstanceType | undefined, region: string): Price | null {
  if (!type) return null;
  return type.region_prices.find(([id]) => id === region)?.[1] ?? type.price;
}
