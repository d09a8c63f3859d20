import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { ItemFacts } from '../../reconcile/model/item.ts';
import { parseJson } from '../../system/json.ts';

/** Facts of objects seen before, by key and version, so that a restart asks the store for nothing it knows. */
export interface ProbeCache {
  get(key: string, version: string): ItemFacts | null;
  /** Replaces what was known of the key; a full cache drops the entry unused for longest. */
  put(facts: ItemFacts): void;
}

/** Replaces a file's text, whole or not at all; throws where that cannot be. */
export type WriteFile = (path: string, text: string) => void;

const MAX_ENTRIES = 5_000;
/** The first facts are written at once, further ones together after this time. */
const WRITTEN_EVERY_MS = 2_000;
const MAX_FILE_BYTES = 16 * 1024 * 1024;
/** Stands in the file: facts found by an older way of inspecting are dropped. */
export const FORMAT = 6;

const tag = z.string().nullable();
const videoSchema = z.object({
  track: z.number().optional(),
  codec: z.string(),
  profile: z.string(),
  pixelFormat: z.string(),
  width: z.number(),
  height: z.number(),
  sampleAspect: z.number(),
  fps: z.number(),
  variableFrameRate: z.boolean(),
  progressive: z.boolean(),
  bitrateKbps: z.number().nullable(),
  maxKeyframeGapS: z.number().nullable(),
  still: z.boolean(),
  rotation: z.number(),
  hasBFrames: z.number(),
  startTimeS: z.number(),
  change: z.enum(['size', 'times', 'damage', 'parameters']).optional(),
  longestPauseS: z.number().optional(),
  colours: z.object({ range: tag, matrix: tag, transfer: tag, primaries: tag }).optional(),
});
/** Facts as they are kept on disk. */
export const factsSchema = z.object({
  key: z.string(),
  version: z.string(),
  sizeBytes: z.number(),
  durationS: z.number().nullable(),
  formatName: z.string(),
  video: videoSchema.nullable(),
  audio: z
    .object({
      track: z.number().optional(),
      codec: z.string(),
      profile: z.string(),
      sampleRateHz: z.number(),
      channels: z.number(),
      startTimeS: z.number().optional(),
      longestPauseS: z.number().optional(),
      isDamaged: z.boolean().optional(),
    })
    .nullable(),
  extents: z
    .object({
      videoEndS: z.number().nullable(),
      audioStartS: z.number().nullable(),
      audioEndS: z.number().nullable(),
    })
    .optional(),
  apartS: z.number().optional(),
  contradicted: z.string().optional(),
  title: z.string().optional(),
  artist: z.string().optional(),
});
const fileSchema = z.object({ format: z.literal(FORMAT), items: z.array(z.unknown()) });

/**
 * Opens `probes.json` at the path. A missing, corrupt or foreign file is an empty cache; an entry of another shape is left out.
 * The file is written atomically, mode 0600. If it cannot be written, the next start inspects anew.
 */
export async function openProbeCache(
  path: string,
  write: WriteFile,
  maxEntries: number = MAX_ENTRIES,
): Promise<ProbeCache> {
  const entries = new Map<string, ItemFacts>();
  for (const facts of (await storedFacts(path)).slice(-maxEntries)) entries.set(facts.key, facts);
  let dirty = false;
  let isResting = false;

  function writeAll(): void {
    isResting = dirty;
    if (!dirty) return;
    dirty = false;
    try {
      write(path, JSON.stringify({ format: FORMAT, items: [...entries.values()] }));
    } catch {
      // What is not on disk is inspected again by the next daemon.
    }
    // A prefix of thousands of objects is not to be written thousands of times. The rest does not keep the process alive.
    setTimeout(writeAll, WRITTEN_EVERY_MS).unref();
  }

  return {
    get(key, version) {
      const facts = entries.get(key);
      if (facts === undefined || facts.version !== version) return null;
      touch(entries, key, facts);
      return facts;
    },
    put(facts) {
      touch(entries, facts.key, facts);
      for (const oldest of entries.keys()) {
        if (entries.size <= maxEntries) break;
        entries.delete(oldest);
      }
      dirty = true;
      if (!isResting) writeAll();
    },
  };
}

/** A Map keeps the order of insertion: the first entry is the one unused for longest. */
function touch(entries: Map<string, ItemFacts>, key: string, facts: ItemFacts): void {
  entries.delete(key);
  entries.set(key, facts);
}

async function storedFacts(path: string): Promise<readonly ItemFacts[]> {
  const bytes = await readFile(path).catch(() => null);
  if (bytes === null || bytes.length > MAX_FILE_BYTES) return [];
  const file = fileSchema.safeParse(parseJson(bytes.toString('utf8')));
  return (file.data?.items ?? []).flatMap((item) => factsSchema.safeParse(item).data ?? []);
}
