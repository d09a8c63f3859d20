import { join, resolve } from 'node:path';
import type { MediaInput } from '../../actuate/ffmpeg/media-input.ts';
import { slateOf, visualOnAir } from './artwork.ts';
import { EXIT, type Invocation, fail, refuse } from '../command.ts';
import { acceptedSpec } from '../desired/known-spec.ts';
import { runJob } from './ffmpeg-job.ts';
import { type MediaAccess, openMediaAccess } from './media-access.ts';
import { type Scene, snapshotArgv } from './snapshot-argv.ts';
import { tellFailure } from './store-access.ts';
import { runOnAir } from '../status/living-runs.ts';
import { findDaemon } from '../../environment/daemon-place.ts';
import type { HealthBody } from '../../health/body.ts';
import { askHealth } from '../../health/client.ts';
import { ProgressFile } from '../../observe/runs/progress-file.ts';
import { parseRunRecord } from '../../observe/runs/record.ts';
import type { DesiredSpec } from '../../reconcile/model/desired.ts';
import type { LocalCopy } from '../../reconcile/model/item.ts';
import type { HouseFormat } from '../../reconcile/model/playout.ts';
import type { MediaFailure } from '../../reconcile/model/reasons.ts';
import { clipPlaceMs } from '../../reconcile/playout/clip.ts';
import { HOUSE_AUDIO, houseFormat } from '../../reconcile/playout/house-format.ts';
import { pipeDepthMs } from '../../reconcile/runs/position.ts';
import { runFiles } from '../../state/files.ts';
import { shownKey } from '../../store/keys.ts';
import { writeFileAtomically } from '../../system/atomic-file.ts';
import { printable } from '../../text/terminal.ts';
import { duration } from '../../text/units.ts';
import { errorMessage } from '../../system/errors.ts';

const AT_MOST_MS = 60_000;
/** A container may claim to be longer than its pictures last. */
const BEFORE_END_MS = [200, 2_000] as const;

/** The picture on air now, decoded anew from the store: neither the daemon nor the stream is touched. */
export async function run(invocation: Invocation): Promise<number> {
  const { args, env, cwd, terminal } = invocation;
  const file = args[0] ?? '';
  if (file === '-' && terminal.isInteractive)
    return refuse(terminal, 'stdout is a terminal: name a file, or pipe it somewhere');
  const found = findDaemon(env, cwd);
  if (found.kind === 'wrong') return refuse(terminal, found.message);
  const answer = await askHealth(found.place);
  if (answer.kind === 'silent') return fail(terminal, answer.why);
  const { playout, uplink, status, reason, message, observedAt } = answer.report;
  if (playout === null || uplink === null) return fail(terminal, `nothing is on air: ${status} ${reason}: ${message}`);
  const access = await openMediaAccess(invocation);
  if (access === null) return EXIT.usage;
  const scene = await sceneOf(access, asOfNow(playout, uplink, Date.now() - Date.parse(observedAt ?? '')));
  if ('reason' in scene) return tellFailure(scene, terminal);
  const picture = await takePicture(access, scene);
  if (!Buffer.isBuffer(picture)) return fail(terminal, picture);
  if (file === '-') {
    process.stdout.write(picture);
    return EXIT.well;
  }
  try {
    writeFileAtomically(resolve(cwd, file), picture, 0o644);
  } catch (error) {
    return fail(terminal, `${file} cannot be written: ${errorMessage(error)}`);
  }
  terminal.out(printable(`${file}: ${nameOf(scene, playout.item)}`));
  return EXIT.well;
}

type OnAirNow = NonNullable<HealthBody['playout']>;

/** A position older than this is that of a stream that stands still, or the clock was set. */
const GOES_ON_FOR_MS = 2_500;

/**
 * With the position of this moment: the one in `/health` is as old as the daemon's last look, `lookAgeMs`, and as what the
 * uplink's FFmpeg said then. NaN = the age is not known.
 */
export function asOfNow(
  playout: OnAirNow,
  { progressAgeMs }: Pick<NonNullable<HealthBody['uplink']>, 'progressAgeMs'>,
  lookAgeMs: number,
): OnAirNow {
  const ageMs = lookAgeMs + (progressAgeMs ?? 0);
  const goesOn = playout.positionMs !== null && ageMs > 0 && ageMs < GOES_ON_FOR_MS;
  return goesOn ? { ...playout, positionMs: playout.positionMs + ageMs } : playout;
}

const nameOf = (scene: Scene, item: string | null): string => {
  if (item === null) return 'the slate';
  return scene.kind === 'item' ? `${shownKey(item)} at ${duration(scene.offsetMs)}` : `under ${shownKey(item)}`;
};

async function sceneOf(access: MediaAccess, playout: OnAirNow): Promise<Scene | MediaFailure> {
  const { configDir, stateDir } = access.settings;
  const spec = acceptedSpec(configDir, stateDir);
  const format = houseFormat(spec);
  if (playout.item === null) {
    return { kind: 'artwork', source: await slateOf(access, spec), format, offsetMs: slateMs(stateDir, spec) };
  }
  const facts = await access.factsOf(playout.item);
  if (facts.kind === 'failed') return facts.failure;
  if (facts.value.video === null) {
    const source = await visualOnAir(access, facts.value, spec);
    return { kind: 'artwork', source, format, offsetMs: placeUnderSong(stateDir, source, format, playout) };
  }
  const offsetMs = playout.positionMs ?? 0;
  return { kind: 'item', facts: facts.value, mode: playout.mode ?? 'transcode', format, offsetMs };
}

/** The position within the picture under the song on air: a clip that is copied runs with the clock, any other begins with the song. */
function placeUnderSong(stateDir: string, source: LocalCopy | null, format: HouseFormat, playout: OnAirNow): number {
  const record = parseRunRecord(runOnAir(stateDir)?.recordText ?? null);
  const positionMs = playout.positionMs ?? 0;
  if (record?.kind !== 'item' || record.seenAtWallMs === undefined) return positionMs;
  return clipPlaceMs(source, format, record.seenAtWallMs + positionMs - record.offsetMs);
}

/** The position within the slate, by the progress of its FFmpeg. */
function slateMs(stateDir: string, spec: DesiredSpec): number {
  const run = runOnAir(stateDir);
  if (run === null) return 0;
  const progress = new ProgressFile(join(stateDir, runFiles('playout', run.marker.runId).progress)).read(0);
  return Math.max(0, (progress?.outTimeMs ?? 0) - pipeDepthMs(spec.bitrateKbps + HOUSE_AUDIO.bitrateKbps));
}

/** The PNG, or in one line why there is none. */
async function takePicture(access: MediaAccess, scene: Scene): Promise<Buffer | string> {
  const { settings, ffmpegPath } = access;
  if (ffmpegPath === null) return 'ffmpeg is not on PATH: install it or set FFMPEG_PATH';
  let input: MediaInput | null = null;
  if (scene.kind === 'item') {
    const opened = await access.inputFor(scene.facts.key);
    if (opened.kind === 'failed') return opened.failure.message;
    input = opened.value;
  }
  const shown = scene.kind === 'item' ? scene.facts : (scene.source?.facts ?? null);
  const filters = await access.filtersFor(shown?.video ?? null);
  for (const beforeEndMs of BEFORE_END_MS) {
    const exact = within(scene, beforeEndMs);
    const lengthMs = scene.kind === 'item' && exact.offsetMs > 0 ? lengthOf(scene) : null;
    const end = await runJob({
      ffmpegPath,
      args: snapshotArgv(exact, input, filters),
      media: input === null || exact.kind !== 'item' ? null : { input, facts: exact.facts, durationMs: lengthMs },
      backdrop: scene.kind === 'artwork' ? (scene.source?.path ?? null) : null,
      caFile: settings.caFile,
      timeoutMs: AT_MOST_MS,
    });
    if (end.kind === 'not-started') return end.message;
    if (end.kind !== 'ended') return 'no picture could be decoded in time';
    if (end.exitCode === 0 && end.stdout.length > 0) return end.stdout;
  }
  return 'no picture could be decoded at this place of the object';
}

/** The scene at a place that its object has: artwork is played in a loop, and neither is asked for its last moments. */
function within(scene: Scene, beforeEndMs: number): Scene {
  const lengthMs = lengthOf(scene);
  if (lengthMs === null) return scene;
  const offsetMs = scene.kind === 'artwork' ? scene.offsetMs % lengthMs : scene.offsetMs;
  return { ...scene, offsetMs: Math.max(0, Math.min(offsetMs, lengthMs - beforeEndMs)) };
}

function lengthOf(scene: Scene): number | null {
  const lengthS = scene.kind === 'item' ? scene.facts.durationS : (scene.source?.facts.durationS ?? null);
  return lengthS === null || lengthS <= 0 ? null : lengthS * 1000;
}
