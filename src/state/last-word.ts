import { join } from 'node:path';
import { z } from 'zod';
import { STATE_FILES } from './files.ts';
import { parseJson, readText } from '../system/json.ts';

const text = z.string().nullable().catch(null);
const schema = z.object({
  status: text,
  reason: text,
  lastHealthCheck: text,
  daemonPid: z.int().positive().nullable().catch(null),
  bootId: text,
  namespaceStartTicks: z.number().nullable().catch(null),
});

/** What the daemon last wrote of itself; null in a field that it did not write. */
export type LastWord = z.infer<typeof schema>;

/** The head of `stream_state.json`, for the commands; every field is null where the file is missing or no JSON. */
export const readLastWord = (stateDir: string): LastWord =>
  schema.safeParse(parseJson(readText(join(stateDir, STATE_FILES.state)) ?? '{}')).data ?? schema.parse({});
