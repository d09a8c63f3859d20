import { statSync } from 'node:fs';
import { expect } from 'vitest';
import { onStage } from '../../chaos/on-stage.ts';
import { currentSession, goOnAir, type Stage, videoAdvances } from '../../chaos/stage.ts';
import { healthEventually } from '../../fixtures/daemon.ts';
import { makeFile } from '../../fixtures/media-maker.ts';
import { framesOf, mediaGaps } from '../../fixtures/stream-analysis.ts';
import { WHOLE_LOOK_BYTES } from '../../../src/reconcile/playout/as-sent.ts';

/** Beginning, middle and end of it comply, and it is too large to be looked at whole. */
const SECONDS = 100;
/** Behind the seconds that are looked at first, before the first place that is looked at later. */
const CHANGES_AT_S = 31;
const COMPLIES_AGAIN_AT_S = 39;
const RATE = ['-b:v', '3000k', '-maxrate', '3000k', '-bufsize', '3000k'];
/** Few pixels, and filled up to its rate: neither the film nor its encode costs much. */
const SIZE = '320x180';
const SOUND = ['-f', 'lavfi', '-i', 'anullsrc=r=44100', '-c:a', 'aac', '-ac', '2', '-b:a', '128k'];

const encoded = (seconds: number, parameters: string, more: readonly string[] = []): readonly string[] => [
  ...['-f', 'lavfi', '-i', `color=c=lime:s=${SIZE}:r=30,setsar=1`, ...SOUND, '-t', String(seconds)],
  ...['-c:v', 'libx264', '-preset', 'ultrafast', '-profile:v', 'high', '-pix_fmt', 'yuv420p', '-bf', '0', ...RATE],
  ...['-x264-params', `nal-hrd=cbr:force-cfr=1:scenecut=0${parameters}`, ...more],
];

/** Key frames every two seconds, but for eight seconds none at all. */
function keyFramesGrowApart(): Promise<string> {
  const none = `between(t,${CHANGES_AT_S},${COMPLIES_AGAIN_AT_S})`;
  const forced = `if(${none},0,gte(t,2*n_forced)*not(mod(n,60)))`;
  return makeFile({
    name: 'grows-apart',
    container: 'ts',
    args: encoded(SECONDS, '', ['-g', '9999', '-force_key_frames', `expr:${forced}`]),
  });
}

/** As people join two films by `cat`: the second has parameter sets of its own. */
async function parameterSetsChange(): Promise<string> {
  const gop = ['-g', '60'];
  const first = await makeFile({ name: 'first-half', container: 'ts', args: encoded(CHANGES_AT_S, '', gop) });
  const rest = encoded(SECONDS - CHANGES_AT_S, ':cabac=1:ref=3', [...gop, '-output_ts_offset', String(CHANGES_AT_S)]);
  const second = await makeFile({ name: 'second-half', container: 'ts', args: rest });
  const joined = ['-i', `concat:${first}|${second}`, '-c', 'copy'];
  return makeFile({ name: 'two-halves', container: 'mkv', args: joined });
}

/** The longest time without a key frame that the ingest got, seconds. */
function longestGopS(stage: Stage): number {
  const frames = framesOf(currentSession(stage.sink), 'video');
  const keys = frames.filter(({ keyframe }) => keyframe).map(({ timestampMs }) => timestampMs);
  const all = [...keys, frames.at(-1)?.timestampMs ?? 0];
  return Math.max(...all.slice(1).map((ms, at) => (ms - (all[at] ?? 0)) / 1000));
}

onStage.concurrent.for([
  ['key frames that grow apart', keyFramesGrowApart, 'key frames up to'],
  ['parameter sets that change', parameterSetsChange, 'its parameter sets change within it'],
] as const)(
  'what was only looked at in places is encoded once its packets tell otherwise: %s',
  { timeout: 300_000 },
  async ([, make, reason], { stage }) => {
    const file = await make();
    expect(statSync(file).size).toBeGreaterThan(WHOLE_LOOK_BYTES);
    stage.store.putFile('media', 'film', file);
    stage.wish({ media: 'film', bitrate: '4M', resolution: SIZE });
    const { daemon, report } = await goOnAir(stage);
    expect(report.playout).toMatchObject({ item: 'film', picture: 'copy' });
    const told = await healthEventually(
      daemon,
      ({ playout }) => playout?.item === 'film' && playout.picture === 'transcode',
      { what: 'the film encoded', timeoutMs: 120_000 },
    );
    expect(told.conditions).toContainEqual(
      expect.objectContaining({
        type: 'MediaAsInspected',
        reason: 'MediaContradicted',
        message: expect.stringContaining(`"film": ${reason}`),
      }),
    );
    const shownMs = (told.playout?.positionMs ?? 0) % (SECONDS * 1_000);
    await videoAdvances(stage.sink, Math.max(5_000, (COMPLIES_AGAIN_AT_S + 3) * 1_000 - shownMs));
    expect(longestGopS(stage)).toBeLessThan(4.1);
    expect(stage.sink.sessions).toHaveLength(1);
    for (const stream of ['video', 'audio'] as const)
      expect(mediaGaps(currentSession(stage.sink), stream, 300)).toEqual([]);
  },
);
