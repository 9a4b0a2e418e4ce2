/** Sentences from their codes. An unknown code is shown as it is; nothing here throws. */
import type { Param } from '../bindings/Param';
import type { Text } from '../bindings/Text';
import catalogue from '../../messages/en.json';
import { count, duration, list, money, NONE, rate, time } from './format';

/** By code, as they are written: the window's own texts are functions, of which each page has its own.
 *  A thousand functions for what the engine may say would be made at every start. */
const texts: Record<string, string> = catalogue;

/** A parameter in the reader's way. */
export function param(one: Param): string {
  switch (one.kind) {
    case 'text':
      return one.value;
    case 'count':
      return count(one.value);
    case 'money':
      return money(one.value);
    case 'rate':
      return rate(one.value);
    case 'time':
      return time(one.value, Date.now());
    case 'duration':
      return duration(one.value);
    case 'list':
      return list(one.value);
    case 'said':
      return say(one.value);
  }
}

/** Whether the catalogue has a text for a code. */
export function known(code: string): boolean {
  return Object.hasOwn(texts, code);
}

/** A sentence for a code with its parameters. */
export function say(text: Text): string {
  const params = Object.fromEntries(
    Object.entries(text.params).map(([name, value]) => [name, param(value)]),
  );
  const template = known(text.code) ? texts[text.code] : undefined;
  if (template !== undefined) {
    // A parameter that did not come is drawn as absent, never as "undefined".
    return template.replaceAll(/\{(\w+)\}/g, (_, name: string) => params[name] ?? NONE);
  }
  const rest = Object.values(params);
  return rest.length === 0 ? text.code : `${text.code}: ${rest.join(', ')}`;
}

/** As `say`; an absent text stays absent. */
export function maybe(text: Text | null | undefined): string | null {
  return text ? say(text) : null;
}
