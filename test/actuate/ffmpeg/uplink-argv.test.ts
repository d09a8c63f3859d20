import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { presetText, uplinkArgv, type UplinkTarget } from '../../../src/actuate/ffmpeg/uplink-argv.ts';

const KEY = 'abcd-efgh-ijkl-mnop-qrst';
const PRESET: UplinkTarget = {
  url: 'rtmp://a.rtmp.youtube.com/live2',
  key: { kind: 'preset' },
  caFile: '/etc/ssl/ca.pem',
  ffmpegVersion: '7.1.5-0+deb13u1',
};

const readable = (argv: readonly string[]): string =>
  argv.reduce((text, word) => text + (/^-[a-z]/.test(word) ? '\n' : ' ') + word, '').trim();

describe('the arguments of the uplink', () => {
  it.each<readonly [string, UplinkTarget]>([
    ['plain RTMP, key by preset', PRESET],
    ['RTMPS with authorities', { ...PRESET, url: 'rtmps://a.rtmps.youtube.com:443/live2?backup=1' }],
    ['RTMPS without', { ...PRESET, url: 'rtmps://a.rtmps.youtube.com:443/live2', caFile: null }],
    ['key in argv, where nothing better works', { ...PRESET, key: { kind: 'argv', streamKey: KEY } }],
  ])('are as written down: %s', (name, target) => {
    expect(readable(uplinkArgv(target))).toMatchSnapshot(name);
  });

  it.each([
    ['5.1.9-0+deb12u1', false],
    ['7.1.5', false],
    ['8.0.1-3ubuntu2', true],
    ['n9.0.2', true],
    ['N-112233-gabcdef', false],
  ])('make up for a stall where FFmpeg %s has to be told to: %s', (ffmpegVersion, told) => {
    expect(uplinkArgv({ ...PRESET, ffmpegVersion }).includes('-readrate_catchup')).toBe(told);
  });

  it('never hold the key when it goes by preset', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[!-~]{8,64}$/), (streamKey) => {
        const argv = uplinkArgv(PRESET).join('\0');
        expect(argv.includes(streamKey) && !uplinkArgv(PRESET).some((word) => word.includes(streamKey))).toBe(false);
        expect(presetText(streamKey)).toBe(`rtmp_playpath=${streamKey}\n`);
      }),
    );
    expect(uplinkArgv(PRESET).at(-1)).toBe(PRESET.url);
  });

  it('keep a hostile key within the address, so that it never becomes an option', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ minLength: 1 }), fc.constantFrom('-i', '-y', '--', ' -f', "'")), (streamKey) => {
        const argv = uplinkArgv({ ...PRESET, key: { kind: 'argv', streamKey } });
        expect(argv.at(-1)).toBe(`${PRESET.url}/${streamKey}`);
        expect(argv.slice(0, -1)).toEqual(uplinkArgv(PRESET).filter(dropPreset).slice(0, -1));
      }),
    );
  });

  it('always check certificates over TLS and never ask for plain RTMP', () => {
    const secure = uplinkArgv({ ...PRESET, url: 'rtmps://host/live2' });
    expect(secure.slice(secure.indexOf('-tls_verify'))[1]).toBe('1');
    expect(uplinkArgv(PRESET)).not.toContain('-tls_verify');
  });

  it('never keep timestamps, and are the same for the same target', () => {
    expect(uplinkArgv(PRESET)).not.toContain('-copyts');
    expect(uplinkArgv(PRESET)).toEqual(uplinkArgv(PRESET));
  });
});

function dropPreset(word: string, index: number, argv: readonly string[]): boolean {
  return word !== '-fpre' && argv[index - 1] !== '-fpre';
}
