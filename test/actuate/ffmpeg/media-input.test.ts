import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mediaArgs, MEDIA_FD, mediaStdin, type MediaInput } from '../../../src/actuate/ffmpeg/media-input.ts';
import { MEDIA_FORMAT_WHITELIST } from '../../../src/reconcile/playout/allowed-media.ts';

const remote = (url: string, caFile: string | null = null) => ({ kind: 'remote', url, caFile }) as const;
const local = { kind: 'local', path: '/media/it\'s "odd"\n.mp4' } as const;

const MP4 = { formatName: 'mov,mp4,m4a,3gp,3g2,mj2' };
const TS = { formatName: 'mpegts' };
const mediaList = (input: MediaInput, durationMs: number | null): string => mediaStdin(input, MP4, { durationMs });
const protocolsOf = (input: MediaInput, facts = MP4): string[] => {
  const args = mediaArgs(input, facts);
  return args[args.indexOf('-protocol_whitelist') + 1]!.split(',');
};

/** What FFmpeg reads from a quoted word; see "Quoting and escaping" in ffmpeg-utils(1). */
function unquote(text: string): string {
  let value = '';
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') value += text[++at] ?? '';
    else if (text[at] === "'") for (at++; at < text.length && text[at] !== "'"; at++) value += text[at] ?? '';
    else value += text[at] ?? '';
  }
  return value;
}

describe('the list FFmpeg reads on its stdin', () => {
  it('is as written down for a signed address with authorities', () => {
    expect(mediaList(remote('https://store.example/a.mp4?X-Amz-Signature=01', '/etc/ca.pem'), 600_000))
      .toMatchInlineSnapshot(`
        "ffconcat version 1.0
        file 'https://store.example/a.mp4?X-Amz-Signature=01'
        duration 600.000
        option format_whitelist 'mov,matroska,mpegts,mpeg,avi,flv,asf,mxf,nut,ivf,dv,mp3,aac,ac3,eac3,flac,ogg,wav,w64,aiff,caf,amr,gif,apng,png_pipe,jpeg_pipe,webp_pipe,bmp_pipe,tiff_pipe'
        option protocol_whitelist 'http,https,tcp,tls,crypto'
        option reconnect '1'
        option reconnect_streamed '1'
        option reconnect_on_network_error '1'
        option reconnect_delay_max '5'
        option rw_timeout '5000000'
        option tls_verify '1'
        option ca_file '/etc/ca.pem'
        "
      `);
  });

  it('is as written down for a local file, whose name does not occur', () => {
    const text = mediaList(local, null);
    expect(text).toMatchInlineSnapshot(`
      "ffconcat version 1.0
      file 'file:/proc/self/fd/4'
      option format_whitelist 'mov,matroska,mpegts,mpeg,avi,flv,asf,mxf,nut,ivf,dv,mp3,aac,ac3,eac3,flac,ogg,wav,w64,aiff,caf,amr,gif,apng,png_pipe,jpeg_pipe,webp_pipe,bmp_pipe,tiff_pipe'
      option protocol_whitelist 'file'
      "
    `);
    expect(text).toContain(`file:/proc/self/fd/${MEDIA_FD}`);
    expect(text).not.toContain('odd');
  });

  it('brings any address back unchanged and lets none add a line of its own', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true }), fc.string(), (base, extra) => {
        const url = `${base}${encodeURI(extra.toWellFormed())}'${"''"}\\`;
        const lines = mediaList(remote(url), null).split('\n');
        expect(lines[0]).toBe('ffconcat version 1.0');
        expect(unquote(lines[1]!.slice('file '.length))).toBe(url);
        expect(lines.slice(2).every((line) => line === '' || /^(option|duration) /.test(line))).toBe(true);
      }),
    );
  });

  it.each([
    ['remote over TLS', remote('https://h/a'), true],
    ['remote without TLS', remote('http://h/a'), false],
  ])('checks the certificate: %s', (_, input, checks) => {
    expect(mediaList(input, null).includes("option tls_verify '1'")).toBe(checks);
  });

  it('binds the formats and the protocols of the object itself', () => {
    expect(mediaList(local, null)).toContain(`option format_whitelist '${MEDIA_FORMAT_WHITELIST}'`);
    expect(mediaList(local, null)).toContain("option protocol_whitelist 'file'");
    expect(mediaList(remote('https://h/a'), null)).not.toMatch(/protocol_whitelist '[^']*file/);
    for (const facts of [MP4, TS]) {
      expect(protocolsOf(remote('https://h/a'), facts)).not.toContain('file');
      expect(protocolsOf(local, facts)).not.toContain('http');
    }
  });
});

describe('what FFmpeg reads on its stdin of a recording whose time stamps may jump', () => {
  it('is the address alone, as FFmpeg would not follow the jumps behind a list', () => {
    const url = "https://store.example/a b.ts?it's";
    expect(mediaStdin(remote(url), TS, { durationMs: 600_000 })).toBe(
      String.raw`https://store.example/a\ b.ts?it\'s` + '\n',
    );
    expect(mediaStdin(local, TS, { durationMs: null })).toBe(`file:/proc/self/fd/${MEDIA_FD}\n`);
    const args = mediaArgs(remote(url), TS);
    expect(args.slice(-2)).toEqual(['-i', 'concatf:pipe:0']);
    expect(args.join(' ')).toContain(`-format_whitelist ${MEDIA_FORMAT_WHITELIST}`);
    expect(args.join(' ')).not.toContain('store.example');
  });

  it.each(['mpegts', 'mpeg', 'ogg', 'flv'])('%s', (formatName) => {
    expect(mediaStdin(local, { formatName }, { durationMs: null })).not.toContain('ffconcat');
  });
});
