import { join } from 'node:path';
import { type MediaInput, mediaInput } from '../../actuate/ffmpeg/media-input.ts';
import type { Filters } from '../../actuate/ffmpeg/picture-argv.ts';
import type { Invocation } from '../command.ts';
import { openStorage } from './store-access.ts';
import type { Settings } from '../../environment/settings.ts';
import { openProbeCache } from '../../observe/probe/cache.ts';
import { createProber, type Prober } from '../../observe/probe/prober.ts';
import { canToneMap } from '../../observe/toolchain/examine.ts';
import type { ItemFacts, VideoFacts } from '../../reconcile/model/item.ts';
import { hdrOf } from '../../reconcile/playout/colours.ts';
import { STATE_FILES } from '../../state/files.ts';
import type { MediaResult, Storage } from '../../store/port.ts';
import { CHILD_ENV, findProgram } from '../../system/programs.ts';

/** What the commands about single objects work with. */
export interface MediaAccess {
  readonly settings: Settings;
  readonly storage: Storage;
  readonly probe: Prober;
  /** null = there is none. */
  readonly ffmpegPath: string | null;
  /** Facts of the object as it is now: from the daemon's cache for this version, else by inspecting it. */
  factsOf(key: string): Promise<MediaResult<ItemFacts>>;
  /** Where FFmpeg reads the object from. */
  inputFor(key: string): Promise<MediaResult<MediaInput>>;
  /** What FFmpeg here can do for this picture; asked only where it matters. */
  filtersFor(video: VideoFacts | null): Promise<Filters>;
}

const PROBE_TIMEOUT_MS = 60_000;

/** Opens the store as configured; null when the environment is malformed, which is told. Writes nothing. */
export async function openMediaAccess(invocation: Invocation): Promise<MediaAccess | null> {
  const opened = openStorage(invocation);
  return opened === null ? null : mediaAccessFor(opened.storage, opened.settings, invocation.env, PROBE_TIMEOUT_MS);
}

/** As `openMediaAccess`, for a store that is open already. An inspection is given up after `probeTimeoutMs`. */
export async function mediaAccessFor(
  storage: Storage,
  settings: Settings,
  env: NodeJS.ProcessEnv,
  probeTimeoutMs: number,
): Promise<MediaAccess> {
  const path = env['PATH'] ?? '';
  const probe = createProber({
    ffprobePath: settings.ffprobePath ?? findProgram('ffprobe', path) ?? 'ffprobe',
    timeoutMs: probeTimeoutMs,
    env: CHILD_ENV,
    caFile: settings.caFile,
  });
  // Nothing is written: the cache belongs to the daemon.
  const cache = await openProbeCache(join(settings.stateDir, STATE_FILES.probes), () => undefined);
  const factsOf = async (key: string): Promise<MediaResult<ItemFacts>> => {
    const listed = await storage.statMedia(key);
    if (listed.kind === 'failed') return listed;
    const known = cache.get(key, listed.value.version);
    if (known !== null) return { kind: 'ok', value: known };
    const url = await storage.getStreamUrl(key, settings.urlTtlS);
    return url.kind === 'failed' ? url : probe(url.value, listed.value);
  };
  const inputFor = async (key: string): Promise<MediaResult<MediaInput>> => {
    const url = await storage.getStreamUrl(key, settings.urlTtlS);
    return url.kind === 'failed' ? url : { kind: 'ok', value: mediaInput(url.value, settings.caFile) };
  };
  const ffmpegPath = settings.ffmpegPath ?? findProgram('ffmpeg', path);
  const filtersFor = async (video: VideoFacts | null): Promise<Filters> => ({
    toneMapping: hdrOf(video) !== null && ffmpegPath !== null && (await canToneMap(ffmpegPath)),
  });
  return { settings, storage, probe, ffmpegPath, factsOf, inputFor, filtersFor };
}
