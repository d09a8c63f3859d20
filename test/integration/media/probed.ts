import { statSync } from 'node:fs';
import { createProber } from '../../../src/observe/probe/prober.ts';
import type { DesiredSpec } from '../../../src/reconcile/model/desired.ts';
import type { ItemFacts } from '../../../src/reconcile/model/item.ts';
import { type Artwork, type ItemSpec, NO_ARTWORK } from '../../../src/reconcile/model/playout.ts';
import { itemSpec } from '../../../src/reconcile/playout/spec.ts';
import type { MediaResult } from '../../../src/store/port.ts';
import { DESIRED } from '../raw-pipeline.ts';

const prober = createProber({ ffprobePath: 'ffprobe', timeoutMs: 60_000, env: { PATH: process.env['PATH'] ?? '' } });

/** What the daemon finds out about a file. */
export const inspected = (path: string): Promise<MediaResult<ItemFacts>> =>
  prober(`file:${path}`, { key: path, version: '1', sizeBytes: statSync(path).size });

/** The same of one that can be played. */
export async function probed(path: string): Promise<ItemFacts> {
  const facts = await inspected(path);
  if (facts.kind === 'failed') throw new Error(facts.failure.message);
  return facts.value;
}

/** How the daemon would play it, one of several in a programme, from its beginning. */
export function asItem(facts: ItemFacts, artwork: Artwork = NO_ARTWORK, desired: DesiredSpec = DESIRED): ItemSpec {
  const cursor = { round: 0, index: 0, key: facts.key, offsetMs: 0 };
  return itemSpec(facts, desired, cursor, { urlTtlMs: 604_800_000, sole: false }, artwork);
}

/** In the words of docs/media.md. */
export const treatmentOf = ({ part }: ItemSpec): 'copied' | 'sound encoded' | 'encoded' =>
  part.picture === 'transcode' ? 'encoded' : part.sound === 'copy' ? 'copied' : 'sound encoded';
