import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from '../tooling/repository.ts';

const PAGES = ['.', 'docs'].flatMap((folder) =>
  readdirSync(join(repositoryRoot, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name)),
);

describe('links', () => {
  it.each(PAGES)('of %s lead to files and headings that exist', (page) => {
    expect(brokenLinks(page, textOf(page))).toEqual([]);
  });

  it('to a file or a heading that does not exist would be found', () => {
    const text =
      '[a](docs/nowhere.md) [b](docs/operate.md#nothing) [c](#nothing) ![d](x.png) [e](docs/operate.md#reasons)';
    expect(brokenLinks('README.md', text)).toEqual(['docs/nowhere.md', 'docs/operate.md#nothing', '#nothing', 'x.png']);
  });

  it('lead to every page of docs from the README', () => {
    const linked = linksOf(textOf('README.md')).map((link) => link.split('#')[0]);
    expect(PAGES.filter((page) => page.startsWith('docs/') && !linked.includes(page))).toEqual([]);
  });
});

function textOf(page: string): string {
  return readFileSync(join(repositoryRoot, page), 'utf8');
}

/** Without what stands in code, where brackets mean something else. */
const prose = (text: string): string => text.replaceAll(/^```[\s\S]*?^```$/gm, '').replaceAll(/`[^`\n]*`/g, '');

const linksOf = (text: string): readonly string[] =>
  [...prose(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);

/** Links within the repository that lead nowhere. */
function brokenLinks(page: string, text: string): readonly string[] {
  return linksOf(text).filter((link) => {
    if (/^[a-z]+:/.test(link)) return false;
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? join(repositoryRoot, page) : resolve(repositoryRoot, dirname(page), path);
    if (relative(repositoryRoot, target).startsWith('..') || !existsSync(target)) return true;
    if (anchor === undefined) return false;
    return statSync(target).isDirectory() || !anchorsOf(path === '' ? text : readFileSync(target, 'utf8')).has(anchor);
  });
}

/** As GitHub names headings: lower case, punctuation gone, blanks to dashes. */
function anchorsOf(text: string): ReadonlySet<string> {
  const headings = [...text.replaceAll(/^```[\s\S]*?^```$/gm, '').matchAll(/^#+ (.+)$/gm)];
  return new Set(
    headings.map(([, title = '']) =>
      title
        .trim()
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}
