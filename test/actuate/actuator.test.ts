import { chmodSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Actuator, type ActuatorParts } from '../../src/actuate/actuator.ts';
import type { Action } from '../../src/reconcile/model/plan.ts';
import { NO_ARTWORK } from '../../src/reconcile/model/playout.ts';
import { slateSpec } from '../../src/reconcile/playout/spec.ts';
import { StateDir } from '../../src/state/state-dir.ts';
import { eventually } from '../fixtures/eventually.ts';
import { isAlive, processesWithMarker, processTree } from '../fixtures/workspace.ts';
import { makeStage, type Stage } from '../observe/processes/marked.ts';
import { factsOf, itemAt, playoutRun, SPEC } from '../reconcile/world-builder.ts';

const KEY = 'abcd-efgh-ijkl-mnop-qrst';
let stage: Stage;
let asked: string[];

beforeEach(() => {
  stage = makeStage();
  asked = [];
});
afterEach(() => stage.cleanup());

/** A program in FFmpeg's place: notes its arguments and the preset, then stays. */
function fakeFfmpeg(): string {
  const path = join(stage.dir, 'ffmpeg');
  const script = `for a; do printf '%s\\n' "$a"; done > '${stage.dir}/argv'
while [ $# -gt 0 ]; do [ "$1" = -fpre ] && cat "$2" > '${stage.dir}/preset'; shift; done
cat > '${stage.dir}/stdin'; [ -e /proc/self/fd/6 ] && cat <&6 > '${stage.dir}/second'; exec sleep 300`;
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

function actuator(change: Partial<ActuatorParts> = {}): Actuator {
  const ffmpeg = fakeFfmpeg();
  return new Actuator({
    stateId: stage.stateId,
    stateDir: stage.dir,
    store: new StateDir(stage.dir),
    feed: stage.feed,
    ffmpegPath: () => ffmpeg,
    toolchain: () => ({ kind: 'ready', version: '7.1.5', keyDelivery: 'preset', toneMapping: true }),
    rtmpUrl: 'rtmp://127.0.0.1:1/live2',
    streamKey: KEY,
    caFile: null,
    getStreamUrl: async () => ({ kind: 'ok', value: 'https://h/a?X-Amz-Signature=feed' }),
    inspectItem: (key) => void asked.push(`inspect ${key}`),
    mendFacts: ({ key }) => void asked.push(`mend ${key}`),
    listMedia: (prefix) => void asked.push(`list ${prefix}`),
    keepCopy: (key) => void asked.push(`keep ${key}`),
    keepClip: (id) => void asked.push(`clip ${id}`),
    askYouTube: () => ({ kind: 'done' }),
    probeIngest: () => void asked.push('probe'),
    onExit: () => undefined,
    ...change,
  });
}

const startUplink = { kind: 'startUplink', runId: 'u1', specHash: 'abc', joins: 'keyFrame' } as const;
const startItem: Action = {
  kind: 'startPlayout',
  runId: 'p1',
  specHash: 'abc',
  spec: itemAt('rain.mp4', 0),
  seenAtWallMs: 0,
  reservoirBytes: null,
};
const startSlate: Action = { ...startItem, spec: slateSpec(SPEC, NO_ARTWORK) };
const text = (name: string): string => readFileSync(join(stage.dir, name), 'utf8');

describe('starting an uplink', () => {
  it('hands the key over so that no process list and no file holds it', async () => {
    expect(await actuator().act(startUplink)).toMatchObject({ kind: 'done' });
    await eventually(() => expect(text('preset')).toBe(`rtmp_playpath=${KEY}\n`));
    expect(text('argv')).not.toContain(KEY);
    for (const pid of processesWithMarker(stage.stateId)) {
      expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8') + readFileSync(`/proc/${pid}/environ`, 'utf8')).not.toContain(
        KEY,
      );
    }
    const files = readdirSync(stage.dir).filter((name) => !['preset', 'program.fifo', 'stdin'].includes(name));
    for (const name of files) expect(text(name)).not.toContain(KEY);
  });

  it.each([
    ['FFmpeg', { ffmpegPath: () => null }],
    ['the key', { streamKey: null }],
  ])('fails without %s, and starts nothing', async (_, change) => {
    expect(await actuator(change).act(startUplink)).toMatchObject({ kind: 'failed' });
    expect(processesWithMarker(stage.stateId)).toEqual([]);
  });
});

describe('starting a playout', () => {
  it('puts the signed address on stdin only', async () => {
    expect(await actuator().act(startItem)).toMatchObject({ kind: 'done' });
    await eventually(() => expect(text('stdin')).toContain('X-Amz-Signature=feed'));
    for (const pid of processesWithMarker(stage.stateId)) {
      expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).not.toContain('feed');
      expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).not.toContain('feed');
    }
  });

  it('gives the address once more for a second connection where picture and sound lie apart', async () => {
    const spec = itemAt('rain.mp4', 0);
    if (spec.kind !== 'item') throw new Error('it is no item');
    const apart = { ...startItem, spec: { ...spec, facts: { ...spec.facts, apartS: 60 } } };
    expect(await actuator().act(apart)).toMatchObject({ kind: 'done' });
    await eventually(() => expect(text('second')).toContain('X-Amz-Signature=feed'));
    expect(text('stdin')).toBe(text('second'));
    const argv = text('argv').split('\n');
    expect(argv.filter((arg) => arg.startsWith('concatf:'))).toEqual(['concatf:pipe:0', 'concatf:pipe:6']);
  });

  it('says what it plays in its own environment', async () => {
    await actuator().act(startItem);
    await eventually(() => {
      const [pid = 0] = processesWithMarker(stage.stateId);
      expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).toContain('STREAM_CONTROLLER_RECORD={"kind":"item"');
    });
  });

  it('fails with the store’s reason when no address can be had', async () => {
    const failure = { reason: 'StorageNotConfigured', message: 'no store is configured' } as const;
    const refused = actuator({ getStreamUrl: async () => ({ kind: 'failed', failure }) });
    expect(await refused.act(startItem)).toEqual({ kind: 'failed', why: 'no store is configured' });
    expect(await refused.act(startSlate)).toMatchObject({ kind: 'done' });
  });

  it('fails when a local object is gone, and leaves no descriptor behind', async () => {
    const gone = actuator({ getStreamUrl: async () => ({ kind: 'ok', value: 'file:/nowhere/rain.mp4' }) });
    await gone.act(startItem);
    const before = readdirSync('/proc/self/fd').length;
    expect(await gone.act(startItem)).toMatchObject({ kind: 'failed', why: expect.stringContaining('ENOENT') });
    expect(readdirSync('/proc/self/fd').length).toBe(before);
  });
});

describe('the other actions', () => {
  it('withhold a signal from a run that is not who it was', async () => {
    const pid = stage.start('playout', 'p1', 'sleep', ['300']);
    const run = playoutRun(slateSpec(SPEC, NO_ARTWORK), { process: { pid, startTicks: 1 } });
    const action: Action = { kind: 'signal', run, signal: 'SIGKILL', scope: 'group', reason: 'test' };
    expect(await actuator().act(action)).toMatchObject({ kind: 'withheld' });
    expect(isAlive(pid)).toBe(true);
    expect(processTree(pid)).toHaveLength(1);
  });

  it('ask in the background', async () => {
    const parts = actuator();
    await parts.act({ kind: 'inspectItem', key: 'a', maxAgeMs: 1, sample: null });
    await parts.act({ kind: 'listMedia', prefix: 'b/', maxAgeMs: 1 });
    await parts.act({ kind: 'mendFacts', facts: factsOf('c') });
    await parts.act({ kind: 'probeIngest' });
    expect(asked).toEqual(['inspect a', 'list b/', 'mend c', 'probe']);
  });

  it('forget the files of a dead run, and only those', async () => {
    for (const name of ['uplink-u1.log', 'uplink-u1.progress', 'uplink-u2.log'])
      writeFileSync(join(stage.dir, name), '');
    const parts = actuator();
    expect(await parts.act({ kind: 'forgetRun', role: 'uplink', runId: 'u1' })).toEqual({ kind: 'done' });
    expect(await parts.act({ kind: 'forgetRun', role: 'uplink', runId: 'u1' })).toEqual({ kind: 'done' });
    expect(readdirSync(stage.dir)).toContain('uplink-u2.log');
    expect(readdirSync(stage.dir).filter((name) => name.startsWith('uplink-u1'))).toEqual([]);
  });
});
