import { parseDesired } from '../../src/observe/desired/parse.ts';
import type { DesiredFile, DesiredSpec } from '../../src/reconcile/model/desired.ts';
import { copyableFacts, factsOf } from '../reconcile/world-builder.ts';
import { SECRETS } from './secrets.ts';
import type { SimObject } from './store.ts';

const LENGTHS_S: Readonly<Record<string, number>> = {
  'loops/rain.mp4': 600,
  'loops/snow.mp4': 150,
  'loops/2.mp4': 75,
  'loops/10.mp4': 34,
  'short.mp4': 12,
  'unknown.ts': 90,
  'long.mp4': 7_200,
};

export const KEYS: readonly string[] = Object.keys(LENGTHS_S);

/** The objects as they are uploaded at first; some can be copied, one does not tell its length. */
export const newObjects = (): readonly (readonly [string, SimObject])[] => KEYS.map((key) => [key, newObject(key, 1)]);

export function newObject(key: string, version: number): SimObject {
  const lengthS = LENGTHS_S[key] ?? 60;
  const change = { version: `v${version}`, durationS: key === 'unknown.ts' ? null : lengthS };
  const facts = key.includes('2.') || key.includes('snow') ? copyableFacts(key, change) : factsOf(key, change);
  return {
    version,
    facts,
    realMs: lengthS * 1_000,
    truncatedAtMs: null,
    missing: null,
    decodable: true,
    hollow: false,
    forbidden: false,
    failing: false,
  };
}

/** The part of `desired.yaml` that the simulated operator changes. */
export interface Edit {
  readonly running: boolean;
  readonly media: string | readonly string[];
  readonly bitrate: string;
  readonly resolution: string;
  readonly order: 'listed' | 'shuffled';
}

export const FIRST_EDIT: Edit = {
  running: true,
  media: ['loops/rain.mp4', 'loops/snow.mp4'],
  bitrate: '3000k',
  resolution: '1280x720',
  order: 'listed',
};

export function yamlOf({ running, media, bitrate, resolution, order }: Edit): string {
  const keys = typeof media === 'string' ? media : `[${media.join(', ')}]`;
  return `running: ${running}\nmedia: ${keys}\nbitrate: ${bitrate}\nresolution: ${resolution}\norder: ${order}\n`;
}

/** What people leave behind in a file, secrets included. */
export const BROKEN_TEXTS: readonly string[] = [
  '',
  'running: true\nmedia: [loops/rain.mp4\nbitrate: 30',
  '<<<<<<< HEAD\nrunning: true\n=======\nrunning: false\n>>>>>>> other\nmedia: long.mp4\nbitrate: 3000k\n',
  `running: true\nmedia: long.mp4\nbitrate: 3000k\nstream_key: ${SECRETS.streamKey}\n`,
  `running: true\nmedia: ${SECRETS.streamKey}.mp4\nbitrate: ${SECRETS.storageSecret}\n`,
  'running: maybe\nmedia: long.mp4\nbitrate: -1\n',
];

const parsed = new Map<string, DesiredFile>();

/** The file as the daemon reads it; the same text gives the same answer, as from a file that has not changed. */
export function readDesiredText(text: string | null): DesiredFile {
  if (text === null) return { kind: 'missing', message: 'desired.yaml does not exist' };
  const found = parsed.get(text);
  if (found !== undefined) return found;
  const file = parseDesired(Buffer.from(text), { secrets: Object.values(SECRETS) });
  if (parsed.size > 2_000) parsed.clear();
  parsed.set(text, file);
  return file;
}

/** The keys a wish names, as the store has them now. */
export function keysOf(spec: DesiredSpec, objects: ReadonlyMap<string, SimObject>): readonly string[] {
  switch (spec.media.kind) {
    case 'key':
      return [spec.media.key];
    case 'list':
      return spec.media.keys;
    case 'prefix': {
      const { prefix } = spec.media;
      return [...objects.keys()].filter((key) => key.startsWith(prefix));
    }
  }
}
