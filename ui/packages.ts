/** Lists the npm packages whose code, styles or fonts are in the page, with their licences. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Plugin } from 'vite';

interface Manifest {
  name?: string;
  version?: string;
  license?: string;
}

interface Package {
  name: string;
  version: string;
  licence: string;
  /** Which texts it brings. */
  texts: number[];
}

const MARK = `${'node_modules'}/`;

/** The folder and manifest of the package that a module is of; `null`: it is of ours. */
function packageOf(module: string): { folder: string; manifest: Manifest } | null {
  const path = module.replaceAll('\\', '/').replace(/^\0/, '').split('?')[0] ?? '';
  if (!path.includes(MARK)) return null;
  // A package may have more manifests inside, without a name or a version.
  for (let folder = dirname(path); folder.includes(MARK); folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (!existsSync(file)) continue;
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as Manifest;
    if (manifest.name !== undefined && manifest.version !== undefined) return { folder, manifest };
  }
  return null;
}

function textsOf(folder: string): string[] {
  const fits = /^(licen[cs]e|copying|notice)/i;
  const files = readdirSync(folder, { withFileTypes: true });
  const names = files.filter((one) => one.isFile() && fits.test(one.name)).map((one) => one.name);
  return names.sort().map((name) => readFileSync(join(folder, name), 'utf8'));
}

/** What a manifest says, else what the text says by its first line; a package without both fails. */
function licenceOf(key: string, named: string | undefined, texts: string[]): string {
  const mit = texts.some((text) => /^\s*(the )?MIT license/i.test(text));
  const licence = named ?? (mit ? 'MIT' : undefined);
  if (licence === undefined) throw new Error(`${key} names no licence`);
  return licence;
}

/** The document, from the modules that the page is built of. */
function bill(modules: Iterable<string>): string {
  const packages = new Map<string, Package>();
  const texts: string[] = [];
  for (const module of modules) {
    const found = packageOf(module);
    if (found === null) continue;
    const { name = '', version = '', license } = found.manifest;
    const key = `${name}@${version}`;
    if (packages.has(key)) continue;
    const own = textsOf(found.folder);
    const places = own.map((text) => {
      const known = texts.indexOf(text);
      return known >= 0 ? known : texts.push(text) - 1;
    });
    packages.set(key, { name, version, licence: licenceOf(key, license, own), texts: places });
  }
  const sorted = [...packages.values()].sort((a, b) => a.name.localeCompare(b.name, 'en'));
  return JSON.stringify({ packages: sorted, texts });
}

/** Leaves `packages.json` among the page's files, which are in the program. */
export const packages: Plugin = {
  name: 'packages',
  apply: 'build',
  generateBundle(_, bundle) {
    // Fonts come in through styles: they are files of the page and no modules.
    const files = Object.values(bundle).flatMap((one) =>
      one.type === 'asset' ? one.originalFileNames.map((name) => resolve(name)) : [],
    );
    const source = bill([...this.getModuleIds(), ...files]);
    this.emitFile({ type: 'asset', fileName: 'packages.json', source });
  },
};
