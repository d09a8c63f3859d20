import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readJson } from './repository.ts';

const lockfile = z
  .object({
    packages: z.record(
      z.string(),
      z.object({
        version: z.string().optional(),
        resolved: z.string().optional(),
        optionalDependencies: z.record(z.string(), z.string()).optional(),
        engines: z.unknown().optional(),
      }),
    ),
  })
  .parse(readJson('package-lock.json'));

const locked = Object.entries(lockfile.packages);

describe('the lockfile', () => {
  it('names no registry host, so that any mirror will do', () => {
    expect(locked.filter(([, entry]) => entry.resolved !== undefined)).toEqual([]);
  });

  // npm checks them against the Node it runs on itself, not the pinned one; with the Node 18 of Debian 12 and Ubuntu
  // 24.04 it would leave out optional packages, such as the bundler's own program.
  it('names no engines', () => {
    expect(locked.filter(([, entry]) => entry.engines !== undefined)).toEqual([]);
  });

  it('holds the packages of every platform, or npm ci refuses it', () => {
    const names = new Set(locked.map(([place]) => place.slice(place.lastIndexOf('node_modules/') + 13)));
    const wanted = locked.flatMap(([, entry]) => Object.keys(entry.optionalDependencies ?? {}));
    expect(wanted.filter((name) => !names.has(name))).toEqual([]);
  });

  it('pins one and the same Node for both machine types, and that Node runs the tests', () => {
    const pinned = ['x64', 'arm64'].map((cpu) => lockfile.packages[`node_modules/node-linux-${cpu}`]?.version);
    expect(pinned).toEqual([process.versions.node, process.versions.node]);
  });
});
