import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MediaInput } from '../../../src/actuate/ffmpeg/media-input.ts';
import { packetListArgs } from '../../../src/actuate/ffmpeg/packet-list-argv.ts';
import { PLAYOUT_PROGRESS, playoutArgv } from '../../../src/actuate/ffmpeg/playout-argv.ts';
import type { ItemFacts } from '../../../src/reconcile/model/item.ts';
import { NO_ARTWORK, type PlayoutSpec } from '../../../src/reconcile/model/playout.ts';
import { itemSpec, slateSpec } from '../../../src/reconcile/playout/spec.ts';
import { copyableFacts, factsOf, SPEC } from '../../reconcile/world-builder.ts';

const FILTERS = { toneMapping: true };
const LOCAL: MediaInput = { kind: 'local', path: '/media/rain.mp4' };
const REMOTE: MediaInput = {
  kind: 'remote',
  url: 'https://store.example/rain.mp4?X-Amz-Signature=0123456789abcdef',
  caFile: '/etc/ssl/ca.pem',
};

interface Wanted {
  readonly facts?: ItemFacts;
  readonly offsetMs?: number;
  readonly sole?: boolean;
  readonly urlTtlMs?: number;
}

const item = ({ facts = factsOf('rain.mp4'), offsetMs = 0, sole = false, urlTtlMs = 604_800_000 }: Wanted) =>
  itemSpec(facts, SPEC, { round: 0, index: 0, key: facts.key, offsetMs }, { urlTtlMs, sole }, NO_ARTWORK);

/** The argv as people read it: one option a line. */
function readable(argv: readonly string[]): string {
  return argv.reduce((text, word) => text + (/^-[a-z]/.test(word) ? '\n' : ' ') + word, '').trim();
}

const CLIP = { path: '/state/clip.mp4', fps: 30, frames: 300, gopFrames: 30 };

const songOverClip = (): PlayoutSpec => {
  const spec = item({ facts: noVideo, offsetMs: 61_234 });
  return { ...spec, clip: CLIP, part: { ...spec.part, picture: 'copy' } };
};

const slateOverClip = (): PlayoutSpec => ({ ...slateSpec(SPEC, NO_ARTWORK), clip: CLIP });

const noAudio = { ...factsOf('mute.mp4'), audio: null };
const noVideo = { ...factsOf('song.mp3'), video: null };
const rawAac = { ...factsOf('song.aac', { durationS: null, formatName: 'aac' }), video: null };
const still = factsOf('picture.png', { durationS: null, audio: null });
const stillFacts: ItemFacts = { ...still, video: still.video === null ? null : { ...still.video, still: true } };
const thin = copyableFacts('thin.mp4');
const thinFacts: ItemFacts = { ...thin, video: thin.video === null ? null : { ...thin.video, bitrateKbps: 200 } };
const sound48k = thin.audio === null ? null : { ...thin.audio, sampleRateHz: 48_000 };
const unordered: ItemFacts = { ...thin, video: thin.video === null ? null : { ...thin.video, hasBFrames: 0 } };

const KINDS: readonly (readonly [string, PlayoutSpec, MediaInput | null])[] = [
  ['an item that complies, copied', item({ facts: copyableFacts('rain.mp4') }), LOCAL],
  ['a sole short item, looped', item({ facts: copyableFacts('rain.mp4', { durationS: 60 }), sole: true }), LOCAL],
  [
    'an item that complies as a whole, copied',
    item({ facts: { ...copyableFacts('rain.mp4'), sizeBytes: 1e6 } }),
    LOCAL,
  ],
  [
    'an item that complies but for its sound',
    item({ facts: { ...copyableFacts('rain.mp4'), audio: sound48k } }),
    LOCAL,
  ],
  ['an item resumed at its position', item({ facts: copyableFacts('rain.mp4'), offsetMs: 61_234 }), LOCAL],
  ['an item cut before its signed address ends', item({ urlTtlMs: 600_000 }), REMOTE],
  ['an item that has to be encoded', item({}), REMOTE],
  ['an item without sound', item({ facts: noAudio }), LOCAL],
  ['an item without a picture', item({ facts: noVideo }), LOCAL],
  ['raw AAC, whose length nobody tells', item({ facts: rawAac }), LOCAL],
  ['an item without a picture over a clip, resumed', songOverClip(), LOCAL],
  ['a still picture', item({ facts: stillFacts }), LOCAL],
  ['an item without B-frames', item({ facts: unordered }), LOCAL],
  ['a sole short item without B-frames, looped', item({ facts: { ...unordered, durationS: 60 }, sole: true }), LOCAL],
  ['an item of a far lower rate, filled up', item({ facts: thinFacts }), LOCAL],
  ['the slate', slateSpec(SPEC, NO_ARTWORK), null],
  ['the slate, copied', slateOverClip(), null],
];

describe('the arguments of a playout', () => {
  it.each(KINDS)('are as written down for %s', (name, spec, input) => {
    expect(readable(playoutArgv(spec, input, FILTERS))).toMatchSnapshot(name);
  });

  it.each(KINDS)('mux so that joins are seamless, and end in the pipe, for %s', (_, spec, input) => {
    const argv = playoutArgv(spec, input, FILTERS);
    const pairs = argv.map((word, index) => `${word} ${argv[index + 1] ?? ''}`);
    expect(pairs).toEqual(
      expect.arrayContaining([
        '-f mpegts',
        '-muxdelay 0',
        '-omit_video_pes_length 0',
        '-mpegts_flags +initial_discontinuity',
      ]),
    );
    const listed = spec.kind === 'item' ? packetListArgs(spec, PLAYOUT_PROGRESS) : [];
    expect(argv.slice(argv.indexOf('pipe:1'))).toEqual(['pipe:1', ...listed]);
    expect(argv).toContain('-nostdin');
    expect(argv).not.toContain('-copyts');
  });

  it('have raw AAC timed by its samples, but for a place within it, which only time stamps tell', () => {
    expect(playoutArgv(item({ facts: rawAac }), LOCAL, FILTERS)).toContain('+nofillin');
    expect(playoutArgv(item({ facts: rawAac, offsetMs: 5_000 }), LOCAL, FILTERS)).not.toContain('+nofillin');
    expect(playoutArgv(item({ facts: noVideo }), LOCAL, FILTERS)).not.toContain('+nofillin');
  });

  it('leave what an edit list cuts from the sound before zero, where FFmpeg would begin with it', () => {
    const { audio } = noVideo;
    const cut = { ...noVideo, audio: audio === null ? null : { ...audio, startTimeS: -1 } };
    expect(playoutArgv(item({ facts: cut }), LOCAL, FILTERS)).toContain('-seek_timestamp');
    expect(playoutArgv(item({ facts: noVideo }), LOCAL, FILTERS)).not.toContain('-seek_timestamp');
  });

  it('are the same shape whatever the key, the address or the path: neither is ever among them', () => {
    const odd = fc.oneof(
      fc.string({ minLength: 1, unit: 'binary', maxLength: 200 }),
      fc.constantFrom(
        '-i',
        '--',
        '-f lavfi',
        "it's",
        '"',
        '$(reboot)',
        'a\nb',
        'pipe:1',
        '%d',
        '../../etc/passwd',
        '@x',
      ),
    );
    const base = playoutArgv(item({}), LOCAL, FILTERS);
    const baseRemote = playoutArgv(item({}), REMOTE, FILTERS);
    fc.assert(
      fc.property(odd, odd, (key, address) => {
        const spec = item({ facts: factsOf(key) });
        expect(playoutArgv(spec, { kind: 'local', path: address }, FILTERS)).toEqual(base);
        expect(playoutArgv(spec, { kind: 'remote', url: address, caFile: address }, FILTERS)).toEqual(baseRemote);
      }),
    );
  });
});
