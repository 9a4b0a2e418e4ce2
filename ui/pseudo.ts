/** A language that nobody speaks: what is not in it on the screen is not in the catalogue. */
import type { Plugin } from 'vite';

const FROM = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const TO = [...'àƀćđēƒĝĥĩĵķĺɱñōþǫŕśţūṽŵẋýžÀƁĆĐĒƑĜĤĨĴĶĹṀÑŌÞǪŔŚŢŪṼŴẊÝŽ'];

/** A text of the catalogue with every letter of its own changed, and a third longer, as German is. */
export function pseudo(template: string): string {
  let own = 0;
  const changed = template.replaceAll(/\$?\{[^}]*\}|\\.|[a-zA-Z]/g, (piece) => {
    if (piece.length > 1) return piece;
    own += 1;
    return TO[FROM.indexOf(piece)] ?? piece;
  });
  // A unit beside a figure stays as short as it is in every language.
  return own < 5 ? changed : changed + 'ō'.repeat(Math.ceil(own / 3));
}

const TEXT = /(LocalizedString\} \*\/ \()`((?:\\.|[^`\\])*)`\)/g;

/** The catalogue itself, from which what the engine says is read. */
function catalogue(json: string): string {
  const texts = JSON.parse(json) as Record<string, string>;
  const spoken = Object.entries(texts).map(([code, text]) => [code, pseudo(text)]);
  return JSON.stringify(Object.fromEntries(spoken));
}

/** Speaks it in place of English. */
export const inPseudo: Plugin = {
  name: 'pseudo',
  // What is read as a file is changed before it becomes a module.
  enforce: 'pre',
  transform(code, id) {
    if (id.endsWith('/messages/en.json')) return { code: catalogue(code), map: null };
    if (!id.includes('/paraglide/messages/')) return null;
    const spoken = code.replaceAll(
      TEXT,
      (_, before: string, text: string) => `${before}\`${pseudo(text)}\`)`,
    );
    return { code: spoken, map: null };
  },
};
