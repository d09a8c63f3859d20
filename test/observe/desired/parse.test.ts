import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formatProblem, MAX_DESIRED_BYTES, parseDesired } from '../../../src/observe/desired/parse.ts';
import type { DesiredSpec } from '../../../src/reconcile/model/desired.ts';

const REQUIRED = 'running: true\nmedia: loops/rain.mp4\nbitrate: 3000k\n';

function parse(text: string, secrets: readonly string[] = []) {
  return parseDesired(Buffer.from(text), { secrets });
}

function specOf(text: string): DesiredSpec {
  const file = parse(text);
  if (file.kind !== 'ok') throw new Error(`refused: ${problemsOf(text).join('\n')}`);
  return file.spec;
}

function problemsOf(text: string | Uint8Array, secrets: readonly string[] = []): string[] {
  const file = typeof text === 'string' ? parse(text, secrets) : parseDesired(text, { secrets });
  return file.kind === 'invalid' ? file.problems.map((problem) => formatProblem('desired.yaml', problem)) : [];
}

const withLine = (line: string): string => `running: true\nmedia: m\nbitrate: 3000\n${line}\n`;

describe('a valid desired.yaml', () => {
  it('gets the documented defaults', () => {
    expect(specOf(REQUIRED)).toEqual({
      running: true,
      media: { kind: 'key', key: 'loops/rain.mp4' },
      bitrateKbps: 3000,
      resolution: { width: 1280, height: 720 },
      fps: 30,
      encode: 'auto',
      order: 'listed',
      slate: null,
      visual: null,
      recycle: null,
      recyclePauseMs: 90_000,
      timezone: 'UTC',
      broadcast: null,
    });
  });

  it('is what the repository ships as a sample, with every default uncommented too', () => {
    const sample = readFileSync(new URL('../../../desired.yaml', import.meta.url), 'utf8');
    const uncommented = sample.replace(/^# (?=[a-z_]+: )(?!yaml-)/gm, '');
    expect(uncommented).not.toBe(sample);
    expect(specOf(sample)).toEqual(specOf(REQUIRED));
    expect(specOf(uncommented)).toEqual(specOf(REQUIRED));
  });

  it('is named by the beginning of the SHA-256 of its bytes', () => {
    const expected = createHash('sha256').update(REQUIRED).digest('hex').slice(0, 12);
    expect(parse(REQUIRED).kind === 'ok' && parse(REQUIRED)).toMatchObject({ hash: expected });
  });

  it.each([
    ['bitrate: 2.5M', { bitrateKbps: 2500 }],
    ['bitrate: 3M', { bitrateKbps: 3000 }],
    ['bitrate: 51000', { bitrateKbps: 51_000 }],
    ['bitrate: 100k', { bitrateKbps: 100 }],
  ])('%s', (line, expected) => {
    expect(specOf(`running: false\nmedia: m\n${line}\n`)).toMatchObject({ running: false, ...expected });
  });

  it.each([
    ['resolution: 3840x2160', { resolution: { width: 3840, height: 2160 } }],
    ['fps: 29.97', { fps: 29.97 }],
    ['recycle_pause: 2m', { recyclePauseMs: 120_000 }],
    ['recycle_pause: 10', { recyclePauseMs: 10_000 }],
    ['recycle: "0 */11 * * *"', { recycle: '0 */11 * * *' }],
    ['recycle: "0,30 * * * *"', { recycle: '0,30 * * * *' }],
    ['timezone: Europe/Berlin', { timezone: 'Europe/Berlin' }],
    ['slate: slates/back.png', { slate: 'slates/back.png' }],
    ['visual: art/waves.mp4', { visual: { kind: 'key', key: 'art/waves.mp4' } }],
    ['visual: [a.png, b.mp4]', { visual: { kind: 'list', keys: ['a.png', 'b.mp4'] } }],
    ['visual: art/', { visual: { kind: 'prefix', prefix: 'art/' } }],
    ['visual: null', { visual: null }],
  ])('%s', (line, expected) => {
    expect(specOf(withLine(line))).toMatchObject(expected);
  });

  it.each([
    ['loops/', { kind: 'prefix', prefix: 'loops/' }],
    ['[a.mp4, b.mp4, a.mp4]', { kind: 'list', keys: ['a.mp4', 'b.mp4', 'a.mp4'] }],
    [JSON.stringify('-rf "quoted"\n ../ünïcode'), { kind: 'key', key: '-rf "quoted"\n ../ünïcode' }],
    [JSON.stringify('é'.repeat(512)), { kind: 'key', key: 'é'.repeat(512) }],
  ])('media may be %s', (media, expected) => {
    expect(specOf(`running: true\nbitrate: 3000\nmedia: ${media}\n`).media).toEqual(expected);
  });

  it('may have a byte order mark, CRLF line ends and 10000 keys with comments', () => {
    const list = Array.from({ length: 10_000 }, (_, index) => `  - loops/${String(index)}.mp4  # rain`).join('\r\n');
    expect(specOf(`\uFEFFrunning: true\r\nbitrate: 3000\r\nmedia:\r\n${list}\r\n`).media).toMatchObject({
      kind: 'list',
    });
  });
});

describe('a refused desired.yaml', () => {
  it.each([
    ['running: yes', 'running: found "yes"; accepted: true or false'],
    ['media: [a, 7]', 'media[1]: found 7 (a number)'],
    ['media: [a, b/]', 'a list holds keys only'],
    ['media: []', 'media: found an empty list; accepted:'],
    ['media:', 'media: found nothing; accepted:'],
    ['media: ""', 'media: found ""; accepted:'],
    ['media: {a: b}', 'media: found a map; accepted:'],
    ['media: "a\\0b"', 'no NUL'],
    [`media: ${'é'.repeat(513)}`, 'this one has 1026 bytes'],
    ['bitrate: 3000000', 'this looks like bit/s'],
    ['bitrate: 60M', 'found "60000k"; accepted: 100k to 51000k'],
    ['bitrate: 99', 'found 99 (a number)'],
    ['bitrate: fast', 'bitrate: found "fast"; accepted:'],
    ['resolution: 1281x720', 'found "1281x720"; accepted: WIDTHxHEIGHT, both even'],
    ['resolution: 4096x2160', 'found "4096x2160"'],
    ['resolution: 720p', 'found "720p"; accepted:'],
    ['fps: "30"', 'fps: found "30"; accepted: a number from 1 to 60'],
    ['fps: 61', 'found 61'],
    ['fps: .nan', 'found NaN'],
    ['encode: coppy', 'accepted: auto, copy, transcode (did you mean copy?)'],
    ['order: shufled', 'did you mean shuffled?'],
    ['slate: slates/', 'a single object is wanted'],
    ['visual: [a.png, b/]', 'a list holds keys only'],
    ['visual: []', 'visual: found an empty list; accepted: an object key, a list of 1 to 32 keys, or a prefix'],
    [`visual: [${Array.from({ length: 33 }, (_, at) => `${at}.png`).join(', ')}]`, 'a list of 1 to 32 keys'],
    ['recycle: daily', 'not a cron expression'],
    ['recycle: "*/20 * * * *"', 'it would fire every 20 minutes; 30 is the least'],
    ['recycle: "* 0 * * * *"', 'several times a minute'],
    ['recycle_pause: 9s', 'found "9s"; accepted: 10s to 30m'],
    ['recycle_pause: 31m', 'accepted: 10s to 30m'],
    ['recycle_pause: 5', 'recycle_pause: found 5 (a number); accepted: 10s'],
    ['recycle_pause: soon', 'found "soon"; accepted: 10s'],
    ['bitrate: 3000.5', 'found 3000.5'],
    ['timezone: Europe/Berln', 'did you mean Europe/Berlin?'],
    ['timezone: "+02:00"', 'accepted: an IANA time zone'],
    ['resoluton: 1x1', 'unknown key "resoluton"; did you mean resolution? (accepted: running, media'],
    ['1: 2', 'found 1 (a number) as a key'],
    ['[a]: 2', 'found a list as a key'],
    ['__proto__: {running: false}', 'unknown key "__proto__"'],
    ['<<: {running: false}', 'unknown key "<<"'],
  ])('%s', (line, expected) => {
    const key = line.split(':')[0] ?? '';
    const rest = REQUIRED.split('\n')
      .filter((each) => !each.startsWith(`${key}:`))
      .join('\n');
    const problems = problemsOf(`${rest}${line}\n`);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(expected);
  });

  it('names line and column of each value, of unknown keys the key, sorted by place', () => {
    expect(problemsOf('media:\n  - a\n  - 5\nfsp: 3\nrunning: on\n').map((line) => line.split(': ')[0])).toEqual([
      'desired.yaml:1:1',
      'desired.yaml:3:5',
      'desired.yaml:4:1',
      'desired.yaml:5:10',
    ]);
  });

  it.each([
    ['', '1:1: the file is empty'],
    ['# only a comment\n', '1:1: the file is empty'],
    ['- a\n', '1:1: found a list'],
    ['running: true\nmedia', '2:1: not valid YAML'],
    ['running:\n\tmedia: 3', '2:1: a tab is no indentation'],
    [`${REQUIRED}---\nrunning: false\n`, '4:1: a second YAML document'],
    [`${REQUIRED}media: b\n`, '4:1: "media" stands here a second time'],
    [`${REQUIRED}<<<<<<< HEAD\nfps: 30\n=======\nfps: 60\n>>>>>>> other\n`, '4:1: git conflict marker <<<<<<<'],
    [`${REQUIRED}fps: 60\n>>>>>>> other\n`, '5:1: git conflict marker >>>>>>>'],
    ['%YAML 1.1\n---\nrunning: on\n', '1:1: a %YAML directive'],
    ['running: !yes true\n', '1:10: not valid YAML: Unresolved tag'],
    ['running: true\nmedia: *nowhere\n', '2:8: found the alias "*nowhere", and no anchor of that name before it'],
    ['media: [*later, &later a]\n', '1:9: found the alias "*later"'],
  ])('%j', (text, expected) => {
    expect(problemsOf(text)[0]).toContain(expected);
  });

  it('is refused beyond 1 MiB', () => {
    const text = 'a'.repeat(MAX_DESIRED_BYTES + 1);
    expect(problemsOf(text)).toEqual(['desired.yaml:1:1: the file is larger than 1 MiB']);
    // The daemon reads no further, so it cannot tell the hash of the whole.
    expect(parse(text)).toMatchObject({ hash: null });
  });

  it('is refused for its first byte that is not UTF-8', () => {
    expect(problemsOf(Buffer.from([0x61, 0x3a, 0x20, 0xc3, 0xa4, 0x0a, 0x62, 0xff, 0x0a]))).toEqual([
      'desired.yaml:2:2: not UTF-8 text; save the file as UTF-8',
    ]);
    expect(problemsOf(Buffer.from([0xff, 0xfe, 0x61, 0]))[0]).toContain('1:1: not UTF-8 text (it looks like UTF-16)');
    expect(problemsOf(Buffer.from([0x61, 0xc3]))[0]).toContain('1:2');
  });

  it('shows found values clipped and without control characters', () => {
    const [problem] = problemsOf(withLine(`encode: "\\e[2J\\u202e${'x'.repeat(5000)}"`));
    expect(problem).toContain('found "\\u001b[2J\\u202exxx');
    expect(problem?.length).toBeLessThan(200);
  });
});

describe('secrets in desired.yaml', () => {
  it.each([
    'stream_key',
    'key',
    'STREAM-KEY',
    'youtube_stream_key',
    'secret_access_key',
    'STORAGE_BUCKET',
    'Youtube_Rtmp_Url',
  ])('refuses the key %s with the reason and without its value', (name) => {
    const [problem] = problemsOf(withLine(`${name}: abcd-efgh-ijkl`));
    expect(problem).toContain('4:1:');
    expect(problem).toContain('belong in the environment');
    expect(problem).not.toContain('abcd');
  });

  it('refuses a known secret anywhere, even in a comment, and never prints it', () => {
    const problems = problemsOf(`${REQUIRED}# old: hunter2hunter2\nfsp: hunter2hunter2\n`, ['hunter2hunter2']);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('desired.yaml:4:8:');
    expect(problems[0]).not.toContain('hunter2');
  });

  it.each([
    ['with YAML escapes', 'slate: "hunter2\\x68unter2.mp4"', '4:8'],
    ['over two lines', 'slate: "hunter2\\\n  hunter2.mp4"', '4:8'],
    ['in a list', 'recycle: [a, "hunter2\\x68unter2"]', '4:14'],
    ['as a key', '"hunter2\\x68unter2": 1', '4:1'],
  ])('refuses and does not print one that is spelt %s', (_, line, place) => {
    expect(problemsOf(withLine(line), ['hunter2hunter2'])).toEqual([
      expect.stringMatching(new RegExp(`^desired\\.yaml:${place}: a stream key or storage secret`)),
    ]);
  });

  it('does not print a URL, which may be signed', () => {
    const [problem] = problemsOf('running: true\nbitrate: 3000\nmedia: https://h/b/k?X-Amz-Signature=5ca1ab1e\n');
    expect(problem).toContain('the key alone');
    expect(problem).not.toContain('5ca1ab1e');
  });
});

describe('whatever bytes come', () => {
  const yamlish = fc
    .array(
      fc.oneof(
        fc.constantFrom(
          ...'[]{}:-?,&*!|>\'"%@`# \n\t'.split(''),
          '---',
          '<<',
          'media: ',
          'running: ',
          '&a ',
          '*a ',
          '\r\n',
        ),
        fc.string({ maxLength: 5 }),
      ),
    )
    .map((parts) => parts.join(''));
  const mutated = fc
    .tuple(fc.nat(REQUIRED.length), fc.nat(8), fc.string({ unit: 'binary', maxLength: 4 }))
    .map(([at, cut, insert]) => REQUIRED.slice(0, at) + insert + REQUIRED.slice(at + cut));
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.oneof(yamlish, mutated, fc.string({ unit: 'binary' })).map((text) => Buffer.from(text)),
  );

  it('answers with a spec or with problems that have a place, and never throws', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(bytes, (input) => {
        const file = parseDesired(input, { secrets: ['a-secret'] });
        expect(file.kind).not.toBe('missing');
        if (file.kind !== 'invalid') return;
        expect(file.problems.length).toBeGreaterThan(0);
        for (const problem of file.problems) {
          expect(problem.line).toBeGreaterThan(0);
          expect(problem.column).toBeGreaterThan(0);
          expect(problem.message).not.toMatch(/[\p{Cc}]/u);
          expect(problem.message.length).toBeLessThan(500);
        }
      }),
      { numRuns: 3000 },
    );
  });

  const hostile = [
    '[',
    '{',
    '- ',
    '? ',
    'a: ',
    '"',
    '&a ',
    '*a ',
    '! ',
    'a:\n',
    '\n',
    '{a: ',
    '# \n',
    '[a,',
    '%\n',
    '---\n',
    '}',
    '[]',
    ': ',
    '\r',
  ];
  it.each(hostile)('a megabyte of %j takes no seconds', { timeout: 20_000 }, (piece) => {
    const input = Buffer.from(piece.repeat(Math.floor(MAX_DESIRED_BYTES / piece.length)));
    const startMs = performance.now();
    expect(parseDesired(input).kind).toBe('invalid');
    // 0.02 to 0.3 s on an idle machine; without the bounds 2 to 20 s.
    expect(performance.now() - startMs).toBeLessThan(2000);
  });

  it('an alias bomb is refused', () => {
    const bomb = [
      'a: &a [x, x]',
      ...'bcdefghi'.split('').map(
        (name, at) =>
          `${name}: &${name} [${
            '*abcdefghi'[at + 1] === undefined
              ? ''
              : Array(9)
                  .fill(`*${'abcdefghi'[at] ?? ''}`)
                  .join(', ')
          }]`,
      ),
      'media: *i',
    ];
    expect(problemsOf(bomb.join('\n'))[0]).toContain('anchors or aliases');
  });
});
